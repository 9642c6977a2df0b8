// SPDX-License-Identifier: Apache-2.0
// How a function says that it failed: Result<T> carries a value or an Error, Task<T> is the coroutine that ends in one.
// Exceptions stay for broken invariants, start-up and foreign libraries; only fronts turn an Error into wire form.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace sluice {

namespace asio = boost::asio;

enum class Errc : std::uint8_t {
#define SLUICE_ERROR(name, ...) name,
#include "base/errors.def"
#undef SLUICE_ERROR
};

// One row of errors.def.
struct ErrorRow {
  std::string_view name;
  std::uint16_t xroot;
  std::uint16_t http;
  std::uint8_t grpc;
  std::uint8_t exit;
  bool retryable;  // another server or a later moment may give another answer
  std::string_view text;
};

const ErrorRow& error_row(Errc code);

// The Errc of an xroot error code of a peer; unknown codes become Errc::server.
Errc errc_from_xroot(std::uint32_t code);

// The Errc that an errno of a system call means for the client (xroot protocol 5.2, mapping of errno).
Errc errc_from_errno(int number);

struct Error {
  Errc code;
  std::string detail;  // names the object and the remedy, never a secret
  std::source_location where;

  // "No such file or directory: /data/x".
  std::string message() const;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::unexpected<Error> error) : tl::expected<T, Error>(std::move(error)) {}
};

using Status = Result<void>;

template <class T>
using Task = asio::awaitable<Result<T>>;

[[nodiscard]] inline tl::unexpected<Error> fail(
    Errc code, std::string detail = {},
    std::source_location where = std::source_location::current()) {
  return tl::unexpected<Error>(Error{code, std::move(detail), where});
}

// fail() for a system call: the code from `number`, the text "OBJECT: strerror".
[[nodiscard]] tl::unexpected<Error> fail_errno(
    int number, std::string_view object,
    std::source_location where = std::source_location::current());

}  // namespace sluice

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)
#define SLUICE_TRY_WITH(result, declaration, expression, leave)       \
  auto result = (expression);                                         \
  if (!result) [[unlikely]] {                                         \
    leave tl::unexpected<::sluice::Error>(std::move(result).error()); \
  }                                                                   \
  declaration = *std::move(result)

// SLUICE_TRY(auto x, f()): declares x from the value of f(), or returns its error.
#define SLUICE_TRY(declaration, ...) \
  SLUICE_TRY_WITH(SLUICE_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__), return)
// The same inside a coroutine.
#define SLUICE_CO_TRY(declaration, ...) \
  SLUICE_TRY_WITH(SLUICE_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__), co_return)
// For a Status: leave when it failed.
#define SLUICE_CHECK(...)                                                    \
  if (auto check_result = (__VA_ARGS__); !check_result) [[unlikely]] {       \
    return tl::unexpected<::sluice::Error>(std::move(check_result).error()); \
  }
#define SLUICE_CO_CHECK(...)                                                    \
  if (auto check_result = (__VA_ARGS__); !check_result) [[unlikely]] {          \
    co_return tl::unexpected<::sluice::Error>(std::move(check_result).error()); \
  }
