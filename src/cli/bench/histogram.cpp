// SPDX-License-Identifier: Apache-2.0
// Bucket arithmetic of the latency histogram: values below 64 ns have a bucket each, every further
// power of two has 64.
#include "cli/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::cli::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  constexpr std::uint64_t steps = std::uint64_t{1} << step_bits;
  if (value < steps) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - step_bits - 1;
  const std::size_t bucket = ((std::size_t{shift} + 1) << step_bits) + ((value >> shift) - steps);
  return std::min(bucket, buckets - 1);
}

std::uint64_t Histogram::bucket_end(std::size_t bucket) {
  constexpr std::uint64_t steps = std::uint64_t{1} << step_bits;
  if (bucket < steps) return bucket;
  const std::size_t shift = (bucket >> step_bits) - 1;
  const std::uint64_t first = (steps + (bucket & (steps - 1))) << shift;
  return first + (std::uint64_t{1} << shift) - 1;
}

void Histogram::add(std::chrono::nanoseconds latency) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  ++counts_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds Histogram::mean() const {
  return std::chrono::nanoseconds(count_ == 0 ? 0 : sum_ / count_);
}

std::chrono::nanoseconds Histogram::percentile(double share) const {
  if (count_ == 0) return {};
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::chrono::nanoseconds(std::min(bucket_end(i), max_));
  }
  return max();
}

}  // namespace sluice::cli::bench
