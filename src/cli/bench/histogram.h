// SPDX-License-Identifier: Apache-2.0
// Latencies of a run: log-linear buckets, so that a million samples cost 20 KiB and a percentile is
// exact to 1.6 %. One per thread, merged at the end; nothing here is shared between threads.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace sluice::cli::bench {

class Histogram {
 public:
  void add(std::chrono::nanoseconds latency);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
  std::chrono::nanoseconds mean() const;

  // The smallest latency that at least `share` (0..1) of the samples do not exceed, rounded up to
  // its bucket's end but never above max(); zero without samples.
  std::chrono::nanoseconds percentile(double share) const;

 private:
  static constexpr unsigned step_bits = 6;  // 64 buckets per power of two
  static constexpr unsigned top_bits = 42;  // above 73 minutes everything is one bucket
  static constexpr std::size_t buckets = (top_bits - step_bits + 1) << step_bits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t bucket_end(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sluice::cli::bench
