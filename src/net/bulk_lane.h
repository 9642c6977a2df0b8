// SPDX-License-Identifier: Apache-2.0
// Where bulk data are moved while small requests are about. A loop that moves megabytes is busy for milliseconds, and the
// scheduler then makes a stat wait for it; threads beside the loops leave these asleep most of the time, and a thread that
// sleeps is woken at once. When only bulk data move the lane is not used: a change of threads per piece costs up to a
// tenth of their rate.
#pragma once

#include "base/offload.h"

#include <atomic>
#include <chrono>

namespace sluice::net {

class BulkLane {
 public:
  using Clock = std::chrono::steady_clock;

  explicit BulkLane(std::size_t threads) : pool_(threads, unlimited, "bulk") {}

  // A request was answered at once. From any loop, for every request: writes only now and then.
  void note_small(Clock::time_point at) {
    if (at - small_at_.load(std::memory_order_relaxed) > resolution)
      small_at_.store(at, std::memory_order_relaxed);
  }
  bool is_needed() const {
    return Clock::now() - small_at_.load(std::memory_order_relaxed) < memory;
  }

  BlockingPool& pool() { return pool_; }

 private:
  // A connection waits in it with one piece at most.
  static constexpr std::size_t unlimited = SIZE_MAX;
  static constexpr auto resolution = std::chrono::milliseconds(10);
  static constexpr auto memory = std::chrono::milliseconds(100);

  std::atomic<Clock::time_point> small_at_{};
  BlockingPool pool_;
};

}  // namespace sluice::net
