// SPDX-License-Identifier: Apache-2.0
// What bench files hold and where bench reads: bytes that follow from their offset (so that any
// read can be checked), and the order of offsets of one connection. Pure; the generator draws on it
// for every operation.
#pragma once

#include "base/bytes.h"
#include "cli/bench/workload.h"

#include <cstdint>
#include <vector>

namespace sluice::cli::bench {

// The content repeats after this many bytes; a read displaced by less is noticed.
inline constexpr std::uint64_t pattern_period = 16 << 20;

// Word i (8 bytes, little-endian) of a bench file is i * pattern_factor, i counted modulo the
// period.
inline constexpr std::uint64_t pattern_factor = 0x9E3779B97F4A7C15;

// What a file holds from `offset` on; offset must be a multiple of 8.
void fill_pattern(ByteSpan out, std::uint64_t offset);

// One piece of a file.
struct Extent {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

// The offsets one connection works on, endless. Offsets are multiples of the size of an operation.
class Walk {
 public:
  // `index` of `of` connections: sequential ones start at different places, random ones draw
  // different numbers.
  Walk(const Workload& load, std::uint64_t file_size, unsigned index, unsigned of);

  Extent next_sequential();
  Extent next_random();
  // Ascending pieces with gaps of 0 to 7 pieces between them, as an analysis job that reads some
  // branches of a tree; without gaps where the file is too small for them.
  void next_vector(std::vector<Extent>& out);

 private:
  std::uint64_t random();

  std::uint32_t size_;
  std::uint32_t items_;
  std::uint64_t slots_;  // operations that fit into the file
  std::uint64_t next_;
  std::uint64_t state_;
};

// The numbers of the files that one connection works on: each once for what makes and removes them,
// at random for all else.
class PathNumbers {
 public:
  PathNumbers(const Workload& load, unsigned index);

  bool is_needed() const { return needed_; }
  bool is_used_up() const { return once_ && needed_ && next_ >= end_; }
  std::uint64_t next();

 private:
  bool needed_;
  bool once_;
  std::uint64_t next_;  // or the state of the random numbers
  std::uint64_t first_;
  std::uint64_t end_;
};

}  // namespace sluice::cli::bench
