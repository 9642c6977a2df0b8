// SPDX-License-Identifier: Apache-2.0
// Content and order of offsets; the random numbers are splitmix64, which needs no warming up and
// eight bytes of state.
#include "cli/bench/pattern.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::cli::bench {

namespace {

std::uint64_t splitmix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

void fill_pattern(ByteSpan out, std::uint64_t offset) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t words = pattern_period / 8;
  std::uint64_t index = offset / 8;
  while (!out.empty()) {
    const std::uint64_t word = (index++ % words) * pattern_factor;
    const std::size_t n = std::min(out.size(), sizeof(word));
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

Walk::Walk(const Workload& load, std::uint64_t file_size, unsigned index, unsigned of)
    : size_(static_cast<std::uint32_t>(load.size.count)),
      items_(static_cast<std::uint32_t>(load.items)),
      slots_(size_ == 0 ? 1 : std::max<std::uint64_t>(file_size / size_, 1)),
      next_(row_of(load.mode).needs == Needs::file_to_write ? 0 : slots_ * index / of),
      state_(load.seed * 1000003 + index) {}

std::uint64_t Walk::random() { return splitmix(state_); }

Extent Walk::next_sequential() {
  const Extent extent{next_ * size_, size_};
  if (++next_ >= slots_) next_ = 0;
  return extent;
}

Extent Walk::next_random() { return {random() % slots_ * size_, size_}; }

void Walk::next_vector(std::vector<Extent>& out) {
  constexpr std::uint64_t gaps = 8;
  const std::uint64_t stride = slots_ >= items_ * gaps ? gaps : 1;
  const std::uint64_t span = items_ * stride;
  std::uint64_t at = random() % (slots_ - std::min(span, slots_) + 1);
  std::uint64_t dice = random();
  out.clear();
  for (std::uint32_t i = 0; i < items_; ++i) {
    out.push_back({at * size_, size_});
    at += stride == 1 ? 1 : 1 + dice % gaps;
    dice = dice / gaps == 0 ? random() : dice / gaps;
  }
}

PathNumbers::PathNumbers(const Workload& load, unsigned index)
    : needed_(numbers_files(load)),
      once_(makes_or_removes(load.mode)),
      next_(once_ ? load.first_file : load.seed * pattern_factor + index),
      first_(load.first_file),
      end_(load.files != 0 ? load.first_file + load.files : UINT64_MAX) {}

std::uint64_t PathNumbers::next() {
  if (once_) return next_++;
  return first_ + splitmix(next_) % (end_ - first_);
}

}  // namespace sluice::cli::bench
