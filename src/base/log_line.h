// SPDX-License-Identifier: Apache-2.0
// One line of a log, as logfmt or JSON. Text from outside cannot start a line of its own, colour a terminal or grow without
// bound: it is escaped, and cut after max_text bytes.
#pragma once

#include "base/log.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace sluice {

class LogLine {
 public:
  // Of one value; a path is at most 4096 bytes, its head is enough to find it.
  static constexpr std::size_t max_text = 1024;

  explicit LogLine(LogFormat format) : format_(format) {}

  void add_time(std::chrono::system_clock::time_point time);
  void add(const Field& field);
  // Fields as they stand behind the first one in another line of the same format.
  void add_made(std::string_view fields) { append(fields); }
  // The line feed, and what JSON needs before it.
  void end() { append(format_ == LogFormat::json ? "}\n" : "\n"); }

  std::string_view text() const { return {line_.data(), line_.size()}; }

 private:
  void append(std::string_view text) { line_.append(text.data(), text.data() + text.size()); }
  void add_name(std::string_view name);
  void add_text(std::string_view text);
  template <std::integral Number>
  void add_number(Number number) {
    fmt::format_int text(number);
    append({text.data(), text.size()});
  }

  LogFormat format_;
  fmt::memory_buffer line_;
};

}  // namespace sluice
