// SPDX-License-Identifier: Apache-2.0
// Builds the JSON lines that commands print with --json. Members keep their order; text is escaped
// by base/text.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, double number);  // infinities and NaN become null
  template <std::integral T>
  JsonObject& add(std::string_view name, T number) {
    if constexpr (std::same_as<T, bool>) return raw(name, number ? "true" : "false");
    return raw(name, std::to_string(number));
  }
  JsonObject& add(std::string_view name, const JsonObject& object) {
    return raw(name, object.text());
  }
  JsonObject& add(std::string_view name, const class JsonArray& array);
  JsonObject& null(std::string_view name) { return raw(name, "null"); }

  std::string text() const { return '{' + members_ + '}'; }

 private:
  JsonObject& raw(std::string_view name, std::string_view value);
  std::string members_;
};

class JsonArray {
 public:
  JsonArray& add(std::string_view text);
  JsonArray& add(const JsonObject& object);
  JsonArray& add(std::int64_t number);
  std::string text() const { return '[' + items_ + ']'; }

 private:
  std::string items_;
};

}  // namespace sluice::cli
