// SPDX-License-Identifier: Apache-2.0
#include "base/log_line.h"

#include "base/text.h"

#include <fmt/chrono.h>

#include <array>
#include <cmath>

namespace sluice {
namespace {

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '=' || c == '"' || c == '\\') return true;
  }
  return false;
}

// To write a date costs more than the rest of a line, and a second has many lines.
struct Second {
  std::chrono::system_clock::time_point time = std::chrono::system_clock::time_point::min();
  std::array<char, 19> text{};  // 2026-01-31T23:59:59

  void set(std::chrono::system_clock::time_point second) {
    time = second;
    fmt::format_to_n(text.data(), text.size(), "{:%Y-%m-%dT%H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(second)));
  }
};

}  // namespace

void LogLine::add_name(std::string_view name) {
  if (format_ == LogFormat::json) {
    append(line_.size() == 0 ? "{\"" : ",\"");
    append(name);
    append("\":");
  } else {
    if (line_.size() != 0) line_.push_back(' ');
    append(name);
    line_.push_back('=');
  }
}

void LogLine::add_text(std::string_view text) {
  if (format_ == LogFormat::logfmt && text.size() <= max_text && !needs_quotes(text))
    return append(text);
  line_.push_back('"');
  append_escaped(line_, text.substr(0, max_text));
  if (text.size() > max_text) append("...");
  line_.push_back('"');
}

void LogLine::add(const Field& field) {
  add_name(field.name);
  const Field::Value& value = field.value;
  switch (value.index()) {
    case 0:
      add_number(std::get<0>(value));
      break;
    case 1:
      add_number(std::get<1>(value));
      break;
    case 2:
      if (format_ == LogFormat::json && !std::isfinite(std::get<2>(value))) {
        append("null");  // JSON has no word for it
      } else {
        fmt::format_to(fmt::appender(line_), "{:.6g}", std::get<2>(value));
      }
      break;
    case 3:
      append(std::get<3>(value) ? "true" : "false");
      break;
    default:
      add_text(std::get<4>(value));
  }
}

void LogLine::add_time(std::chrono::system_clock::time_point time) {
  thread_local Second second;
  auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(time);
  auto whole = std::chrono::floor<std::chrono::seconds>(now);
  if (second.time != whole) second.set(whole);
  add_name("time");
  std::string_view quote = format_ == LogFormat::json ? "\"" : "";
  append(quote);
  append({second.text.data(), second.text.size()});
  fmt::format_to(fmt::appender(line_), ".{:03}Z", (now - whole).count());
  append(quote);
}

}  // namespace sluice
