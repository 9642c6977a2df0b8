// SPDX-License-Identifier: Apache-2.0
#include "cli/rate.h"

#include "base/units.h"

#include <algorithm>

namespace sluice::cli {
namespace {

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text) {
  if (text.ends_with("/s")) text.remove_suffix(2);
  SLUICE_TRY(Bytes rate, parse_bytes(text));
  if (rate.count == 0) return fail(Errc::usage, "a rate of nothing would never end");
  return rate.count;
}

void RateMeter::sample(Clock::time_point now, std::uint64_t total) {
  samples_.push_back({now, total});
  // The last sample before the window stays, as its start.
  while (samples_.size() > 2 && samples_[1].when <= now - window) samples_.pop_front();
}

double RateMeter::bytes_per_second() const {
  if (samples_.size() < 2) return 0;
  double time = seconds(samples_.back().when - samples_.front().when);
  return time > 0 ? static_cast<double>(samples_.back().total - samples_.front().total) / time : 0;
}

Clock::time_point RateLimit::reserve(Clock::time_point now, std::uint64_t bytes) {
  // Time that was not used is not made up for: no burst after a pause.
  Clock::time_point start = std::max(next_.value_or(now), now);
  next_ = start + std::chrono::duration_cast<Clock::duration>(
                      std::chrono::duration<double>(static_cast<double>(bytes) / rate_));
  return start;
}

std::uint64_t RateLimit::piece_bytes() const {
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rate_ / 4), 4096, 8U << 20);
}

bool RateFloor::is_too_slow(Clock::time_point now, std::uint64_t total) {
  if (now - window_start_ < window) return false;
  double rate = static_cast<double>(total - window_total_) / seconds(now - window_start_);
  window_start_ = now;
  window_total_ = total;
  return rate < rate_;
}

}  // namespace sluice::cli
