// SPDX-License-Identifier: Apache-2.0
// Speed of a copy: what was reached lately (RateMeter), what it may be at most (RateLimit), what it
// must be at least (RateFloor). Pure arithmetic; callers bring the time.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace sluice::cli {

using Clock = std::chrono::steady_clock;

// "100 MiB", "100MiB/s": bytes per second, at least one.
Result<std::uint64_t> parse_rate(std::string_view text);

// Mean over the last few seconds.
class RateMeter {
 public:
  // Tells that `total` bytes were done at `now`; both only grow.
  void sample(Clock::time_point now, std::uint64_t total);
  // Bytes per second; 0 until two samples are there.
  double bytes_per_second() const;

 private:
  static constexpr std::chrono::seconds window{5};
  struct Sample {
    Clock::time_point when;
    std::uint64_t total;
  };
  std::deque<Sample> samples_;
};

// Hands out moments at which bytes may go so that the rate is never above the limit over more than
// a quarter second.
class RateLimit {
 public:
  explicit RateLimit(std::uint64_t bytes_per_second)
      : rate_(static_cast<double>(bytes_per_second)) {}
  // Reserves `bytes`; the caller sends them at the returned time (which may be past).
  Clock::time_point reserve(Clock::time_point now, std::uint64_t bytes);
  // Pieces that keep the flow even.
  std::uint64_t piece_bytes() const;

 private:
  double rate_;
  std::optional<Clock::time_point> next_;
};

// Says when a copy is slower than wanted over a whole window, so that a pause alone ends nothing.
class RateFloor {
 public:
  static constexpr std::chrono::seconds window{30};
  RateFloor(std::uint64_t bytes_per_second, Clock::time_point start)
      : rate_(static_cast<double>(bytes_per_second)), window_start_(start) {}
  bool is_too_slow(Clock::time_point now, std::uint64_t total);

 private:
  double rate_;
  Clock::time_point window_start_;
  std::uint64_t window_total_ = 0;
};

}  // namespace sluice::cli
