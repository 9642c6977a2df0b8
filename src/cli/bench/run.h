// SPDX-License-Identifier: Apache-2.0
// A whole run: set up, warm up, measure, add up. Blocks the calling thread, which only sleeps and
// reads clocks meanwhile.
#pragma once

#include "base/result.h"
#include "cli/bench/process_usage.h"
#include "cli/bench/tally.h"
#include "cli/bench/workload.h"

#include <chrono>
#include <optional>

namespace sluice::cli::bench {

struct Outcome {
  Workload load;  // as it was run, defaults filled in
  Tally tally;
  std::chrono::nanoseconds measured{};
  std::chrono::nanoseconds own_cpu{};
  std::optional<ProcessUsage> server;  // CPU of the measured window, memory at its end
};

Result<Outcome> run(const Workload& load);

}  // namespace sluice::cli::bench
