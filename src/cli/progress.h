// SPDX-License-Identifier: Apache-2.0
// The line at the foot of the terminal while a copy runs: a pure function of what was done so far.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::cli {

struct ProgressState {
  std::string name;  // of the file that was begun last
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;  // unknown for standard input
  std::size_t files_done = 0;
  std::size_t files_total = 1;
  double bytes_per_second = 0;  // lately
};

// At most `width` columns. What does not fit is left out, the bar first, then the name.
std::string progress_line(const ProgressState& state, unsigned width);

// "0:07", "1:02:03", "--" when nobody can tell.
std::string eta(const ProgressState& state);

}  // namespace sluice::cli
