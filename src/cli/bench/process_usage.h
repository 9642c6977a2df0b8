// SPDX-License-Identifier: Apache-2.0
// CPU time and memory of a process, our own or a server on the same machine, read at the edges of
// the measured window.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>

namespace sluice::cli::bench {

struct ProcessUsage {
  std::chrono::nanoseconds cpu{};  // all threads, ended ones included, user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t peak_bytes = 0;  // the largest resident size since it started
};

Result<ProcessUsage> usage_of(int pid);
std::chrono::nanoseconds own_cpu();

}  // namespace sluice::cli::bench
