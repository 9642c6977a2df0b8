// SPDX-License-Identifier: Apache-2.0
// One line is one write(2) to standard error, formatted in a buffer of the thread; text from
// outside cannot start a line of its own, colour a terminal or grow without bound.
#include "base/log.h"

#include "base/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace sluice {
namespace {

constexpr std::size_t max_field =
    1024;  // bytes of one text value; a path is at most 4096, its head is enough to find it
constexpr std::array level_names = {"debug", "info", "warn", "error"};

// The modules and their levels. Lives as long as the program, so that destructors of globals may
// still log.
struct Modules {
  std::mutex mutex;
  std::map<std::string, std::atomic<Level>, std::less<>> levels;  // a node never moves
  Level fallback = Level::info;
};

Modules& modules() {
  static auto* const all = new Modules;
  return *all;
}

std::atomic<LogFormat> format_in_use{LogFormat::logfmt};

using Line = fmt::memory_buffer;

void append(Line& line, std::string_view text) {
  line.append(text.data(), text.data() + text.size());
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '=' || c == '"' || c == '\\') return true;
  }
  return false;
}

void append_quoted(Line& line, std::string_view text) {
  line.push_back('"');
  append_escaped(line, text.substr(0, max_field));
  if (text.size() > max_field) append(line, "...");
  line.push_back('"');
}

void append_text(Line& line, LogFormat format, std::string_view text) {
  if (format == LogFormat::json || text.size() > max_field || needs_quotes(text)) {
    append_quoted(line, text);
  } else {
    append(line, text);
  }
}

void append_value(Line& line, LogFormat format, const Field::Value& value) {
  auto out = fmt::appender(line);
  switch (value.index()) {
    case 0:
      fmt::format_to(out, "{}", std::get<0>(value));
      break;
    case 1:
      fmt::format_to(out, "{}", std::get<1>(value));
      break;
    case 2:
      if (format == LogFormat::json && !std::isfinite(std::get<2>(value))) {
        append(line, "null");  // JSON has no word for it
      } else {
        fmt::format_to(out, "{:.6g}", std::get<2>(value));
      }
      break;
    case 3:
      append(line, std::get<3>(value) ? "true" : "false");
      break;
    default:
      append_text(line, format, std::get<4>(value));
  }
}

void append_name(Line& line, LogFormat format, std::string_view name) {
  if (format == LogFormat::json) {
    append(line, line.size() == 0 ? "{\"" : ",\"");
    append(line, name);
    append(line, "\":");
  } else {
    if (line.size() != 0) line.push_back(' ');
    append(line, name);
    line.push_back('=');
  }
}

void append_time(Line& line, LogFormat format) {
  auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  append_name(line, format, "time");
  std::string_view quote = format == LogFormat::json ? "\"" : "";
  fmt::format_to(fmt::appender(line), "{}{:%Y-%m-%dT%H:%M:%S}.{:03}Z{}", quote,
                 fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                 (now - seconds).count(), quote);
}

// All of it, or what fits within a tenth of a second: a reader that stopped must not stop the
// service.
void write_all(std::string_view text) {
  static std::mutex
      one_line_at_a_time;  // beyond PIPE_BUF the kernel may mix the lines of two threads
  std::lock_guard lock(one_line_at_a_time);
  while (!text.empty()) {
    ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd writable{STDERR_FILENO, POLLOUT, 0};
      if (::poll(&writable, 1, 100) <= 0) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::optional<Level> level_named(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (name == level_names[i]) return static_cast<Level>(i);
  }
  return std::nullopt;
}

// "info" or "net=warn"; a null name stands for all modules.
struct LevelRule {
  std::string_view module;
  Level level;
};

Result<LevelRule> parse_rule(std::string_view word) {
  std::size_t equals = word.find('=');
  bool for_module = equals != std::string_view::npos;
  LevelRule rule{for_module ? word.substr(0, equals) : std::string_view{}, Level::info};
  std::string_view name = for_module ? word.substr(equals + 1) : word;
  std::optional<Level> level = level_named(name);
  if (!level) {
    return fail(
        Errc::invalid_argument,
        fmt::format("\"{}\" is not a log level (debug, info, warn, error)", name.substr(0, 64)));
  }
  rule.level = *level;
  if (for_module && !modules().levels.contains(rule.module)) {
    std::string known;
    for (const auto& [module, unused] : modules().levels)
      known += (known.empty() ? "" : ", ") + module;
    return fail(Errc::invalid_argument, fmt::format("\"{}\" is not a module that logs ({})",
                                                    rule.module.substr(0, 64), known));
  }
  return rule;
}

}  // namespace

Logger::Logger(std::string_view module) : module_(module) {
  Modules& all = modules();
  std::lock_guard lock(all.mutex);
  level_ = &all.levels.try_emplace(std::string(module), all.fallback).first->second;
}

bool Logger::enabled(Level level) const { return level >= level_->load(std::memory_order_relaxed); }

void Logger::write(Level level, std::string_view event, Fields fields) const {
  if (!enabled(level)) return;
  LogFormat format = format_in_use.load(std::memory_order_relaxed);
  Line line;
  append_time(line, format);
  append_name(line, format, "level");
  append_text(line, format, level_names[static_cast<std::size_t>(level)]);
  append_name(line, format, "module");
  append_text(line, format, module_);
  append_name(line, format, "event");
  append_text(line, format, event);
  for (const Field& field : fields) {
    append_name(line, format, field.name);
    append_value(line, format, field.value);
  }
  append(line, format == LogFormat::json ? "}\n" : "\n");
  write_all({line.data(), line.size()});
}

Status configure_logging(LogFormat format, std::string_view levels) {
  Modules& all = modules();
  std::lock_guard lock(all.mutex);
  std::vector<LevelRule> rules;
  for (std::string_view word : split(levels, ',')) {
    word = trim(word);
    if (word.empty()) continue;
    SLUICE_TRY(LevelRule rule, parse_rule(word));
    rules.push_back(rule);
  }
  // A word without a module first, whatever the order: "net=warn,info" means what "info,net=warn"
  // does.
  all.fallback = Level::info;
  for (const LevelRule& rule : rules) {
    if (rule.module.empty()) all.fallback = rule.level;
  }
  for (auto& [module, level] : all.levels) level = all.fallback;
  for (const LevelRule& rule : rules) {
    if (!rule.module.empty()) all.levels.find(rule.module)->second = rule.level;
  }
  format_in_use = format;
  return {};
}

}  // namespace sluice
