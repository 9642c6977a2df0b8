// SPDX-License-Identifier: Apache-2.0
// A statement and what goes in and out of it. Values are always bound, never part of the text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::catalogue::sql {

// Lives as long as the program: sessions keep prepared statements by its address. `in` and `out` have one letter per
// placeholder or column, 'i' for an integer of 64 bits, 't' for text. Placeholders (":name") count by their order, so no
// name occurs twice. Text holds no NUL: neither engine's text does.
struct Query {
  std::string_view text;
  std::string_view in;
  std::string_view out;
};

// monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, std::string_view>;

// One row of an answer, valid until the function that received it returns. NULL reads as 0 or "".
class Row {
 public:
  virtual std::int64_t integer(std::size_t column) const = 0;
  virtual const std::string& text(std::size_t column) const = 0;
  virtual bool is_null(std::size_t column) const = 0;

 protected:
  ~Row() = default;
};

using RowSink = std::function<void(const Row&)>;

}  // namespace sluice::catalogue::sql
