// SPDX-License-Identifier: Apache-2.0
// What one thread counted; merged after the threads have ended.
#pragma once

#include "cli/bench/histogram.h"

#include <cstdint>
#include <map>
#include <string>

namespace sluice::cli::bench {

using Clock = std::chrono::steady_clock;

struct Tally {
  Histogram latency;
  std::uint64_t operations = 0;
  std::uint64_t bytes = 0;  // of file data; neither headers nor CRCs
  std::uint64_t errors = 0;
  std::map<std::string, std::uint64_t> error_texts;
  // Operations of the connections that did least and most: how evenly a server treats them.
  std::uint64_t fewest = UINT64_MAX;
  std::uint64_t most = 0;
  // The longest that an operation had been waiting when the measurement ended; such ones are in no
  // percentile.
  std::chrono::nanoseconds longest_unanswered{};

  void count_error(std::string text);
  void merge(const Tally& other);
};

}  // namespace sluice::cli::bench
