// SPDX-License-Identifier: Apache-2.0
// One line is one write(2) to standard error, formatted in a buffer of the thread.
#include "base/log.h"

#include "base/log_line.h"
#include "base/text.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace sluice {
namespace {

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
  LogLine line(format);
  line.add_time(std::chrono::system_clock::now());
  line.add({"level", level_names[static_cast<std::size_t>(level)]});
  line.add({"module", module_});
  line.add({"event", event});
  for (const Field& field : fields) line.add(field);
  line.end();
  write_all(line.text());
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
