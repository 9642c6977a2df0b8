// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/queue_settings.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

namespace sluice::pool {
namespace {

constexpr std::size_t max_name = 64;

Status parse_order(QueueLimits& limits, std::string_view text) {
  for (const EnumName<QueueOrder>& order : names_of(QueueOrder{})) {
    if (order.name != text) continue;
    limits.order = order.value;
    return {};
  }
  return unknown_word(text, "fifo, lifo");
}

std::string show_order(const QueueLimits& limits) {
  return std::string(names_of(QueueOrder{}).at(static_cast<std::size_t>(limits.order)).name);
}

Status parse_max_active(QueueLimits& limits, std::string_view text) {
  SLUICE_TRY(limits.max_active, parse_int<std::uint32_t>(text, 0, max_active_limit));
  return {};
}

std::string show_max_active(const QueueLimits& limits) { return std::to_string(limits.max_active); }

template <Duration QueueLimits::* timeout>
Status parse_timeout(QueueLimits& limits, std::string_view text) {
  if (text == "off") {
    limits.*timeout = Duration(0);
    return {};
  }
  SLUICE_TRY(limits.*timeout, parse_duration(text));
  return {};
}

template <Duration QueueLimits::* timeout>
std::string show_timeout(const QueueLimits& limits) {
  if (limits.*timeout == Duration(0)) return "off";
  std::string text = sluice::to_text(limits.*timeout);  // "4 h", and spaces part the keys
  std::erase(text, ' ');
  return text;
}

struct Key {
  std::string_view name;
  Status (*parse)(QueueLimits& limits, std::string_view text);
  std::string (*show)(const QueueLimits& limits);
};

constexpr std::array keys = {
    Key{"order", &parse_order, &show_order},
    Key{"max_active", &parse_max_active, &show_max_active},
    Key{"idle", &parse_timeout<&QueueLimits::idle_timeout>,
        &show_timeout<&QueueLimits::idle_timeout>},
    Key{"total", &parse_timeout<&QueueLimits::total_timeout>,
        &show_timeout<&QueueLimits::total_timeout>},
};

tl::unexpected<Error> wrong(std::string_view queue, std::string_view what) {
  return fail(Errc::invalid_argument,
              fmt::format("mover queue {}: {}", queue.substr(0, max_name), what));
}

// The place in `keys` of the NAME of "NAME=VALUE".
Result<std::size_t> find_key(std::string_view queue, std::string_view word) {
  std::string_view name = word.substr(0, word.find('='));
  auto key = std::ranges::find(keys, name, &Key::name);
  if (key == keys.end() || name.size() == word.size()) {
    return wrong(queue, fmt::format("\"{}\" is not one of order=, max_active=, idle=, total=",
                                    word.substr(0, max_name)));
  }
  return static_cast<std::size_t>(key - keys.begin());
}

bool is_name(std::string_view name) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= max_name &&
         name.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

Status check(const QueueSettings& queue) {
  const QueueLimits& limits = queue.limits;
  if (!is_name(queue.name)) return wrong(queue.name, "a name has 1 to 64 of A-Z a-z 0-9 . _ -");
  if (limits.max_active > max_active_limit) {
    return wrong(queue.name, fmt::format("max_active is at most {}", max_active_limit));
  }
  for (Duration timeout : {limits.idle_timeout, limits.total_timeout}) {
    if (timeout < Duration(0) || timeout > timeout_limit) {
      return wrong(queue.name, "a timeout is at most " + sluice::to_text(timeout_limit));
    }
  }
  return {};
}

Result<QueueSettings> parse_queue(std::string_view line, const QueueLimits& before) {
  QueueSettings queue;
  queue.limits = before;
  std::bitset<keys.size()> seen;
  for (std::string_view word : split(line, ' ')) {
    if (word.empty()) continue;
    if (queue.name.empty()) {
      queue.name = word;
      continue;
    }
    SLUICE_TRY(std::size_t key, find_key(queue.name, word));
    if (seen.test(key)) return wrong(queue.name, fmt::format("{} comes twice", keys[key].name));
    seen.set(key);
    std::string_view value = word.substr(keys[key].name.size() + 1);
    if (Status parsed = keys[key].parse(queue.limits, value); !parsed) {
      return wrong(queue.name, fmt::format("{}: {}", keys[key].name, parsed.error().detail));
    }
  }
  SLUICE_CHECK(check(queue));
  return queue;
}

std::string to_text(const QueueSettings& queue) {
  std::string line = queue.name;
  for (const Key& key : keys) line += fmt::format(" {}={}", key.name, key.show(queue.limits));
  return line;
}

}  // namespace sluice::pool
