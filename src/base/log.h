// SPDX-License-Identifier: Apache-2.0
// Structured logging: a line is an event ("mover.closed") with fields, written as logfmt or JSON to standard error.
// Levels are per module and may change while the program runs. Thread-safe. Fields never hold tokens, keys or opaque text.
#pragma once

#include "base/result.h"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace sluice {

enum class Level : std::uint8_t { debug, info, warn, error };

// Refers to its text, which lives as long as the call that logs it: a line that is not written copies nothing.
struct Field {
  using Value = std::variant<std::int64_t, std::uint64_t, double, bool, std::string_view>;

  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text)
      : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, const std::string& text)
      : name(field_name), value(std::string_view(text)) {}
  Field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
  Field(std::string_view field_name, double number) : name(field_name), value(number) {}
  template <std::signed_integral T>
  Field(std::string_view field_name, T number) : name(field_name), value(std::int64_t{number}) {}
  template <std::unsigned_integral T>
  Field(std::string_view field_name, T number) : name(field_name), value(std::uint64_t{number}) {}

  std::string_view name;
  Value value;
};

using Fields = std::initializer_list<Field>;

// One per module, as a constant of the module: `inline const Logger log("net");`.
class Logger {
 public:
  explicit Logger(std::string_view module);

  // error: an operator must act; warn: degraded, healed alone; info: state of the service; debug: a line per request.
  void error(std::string_view event, Fields fields = {}) const {
    write(Level::error, event, fields);
  }
  void warn(std::string_view event, Fields fields = {}) const { write(Level::warn, event, fields); }
  void info(std::string_view event, Fields fields = {}) const { write(Level::info, event, fields); }
  void debug(std::string_view event, Fields fields = {}) const {
    write(Level::debug, event, fields);
  }

  // Ask first where building the fields costs something.
  bool enabled(Level level) const;

 private:
  void write(Level level, std::string_view event, Fields fields) const;

  std::string_view module_;
  std::atomic<Level>*
      level_;  // owned by the table of modules in log.cpp, which lives as long as the program
};

enum class LogFormat : std::uint8_t { logfmt, json };

// Sets the format and the levels: "info" or "info,xroot=debug,net=warn". Errors name the wrong word.
Status configure_logging(LogFormat format, std::string_view levels);

}  // namespace sluice
