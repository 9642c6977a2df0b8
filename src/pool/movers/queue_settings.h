// SPDX-License-Identifier: Apache-2.0
// What an administrator says about a queue of movers, and the line of text as which it is kept:
// "XRootD order=lifo max_active=1000 idle=4h total=5d". Keys may be left out and come in any order.
#pragma once

#include "base/result.h"
#include "base/settings.h"
#include "base/units.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::pool {

// Whose turn it is when a place becomes free. LIFO is for overload: who waits longest has most likely given up.
enum class QueueOrder : std::uint8_t { fifo, lifo };

constexpr std::array<EnumName<QueueOrder>, 2> names_of(QueueOrder) {
  return {{{QueueOrder::fifo, "fifo"}, {QueueOrder::lifo, "lifo"}}};
}

struct QueueLimits {
  std::uint32_t max_active = 1000;  // 0: everybody waits
  QueueOrder order = QueueOrder::fifo;
  Duration idle_timeout{0};   // since the last access; 0: off
  Duration total_timeout{0};  // since it became active; 0: off
  friend bool operator==(const QueueLimits&, const QueueLimits&) = default;
};

struct QueueSettings {
  std::string name;  // 1 to 64 of A-Z a-z 0-9 . _ -
  QueueLimits limits;
  friend bool operator==(const QueueSettings&, const QueueSettings&) = default;
};

// The queue that is always there, and the one for opens that name no other.
inline constexpr std::string_view regular_queue = "regular";

inline constexpr std::uint32_t max_active_limit = 1'000'000;
inline constexpr Duration timeout_limit = std::chrono::days(3650);

Status check(const QueueSettings& queue);

// What the line does not say is as in `before`.
Result<QueueSettings> parse_queue(std::string_view line, const QueueLimits& before = {});
// All keys; parse_queue() gives the same back.
std::string to_text(const QueueSettings& queue);

}  // namespace sluice::pool
