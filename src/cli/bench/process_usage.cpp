// SPDX-License-Identifier: Apache-2.0
// The CPU clock of a process counts nanoseconds, where /proc/PID/stat counts ticks of 10 ms, too
// coarse for a run of a second.
#include "cli/bench/process_usage.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <string>

namespace sluice::cli::bench {

namespace {

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// "VmHWM:     1234 kB" -> bytes.
std::uint64_t kib_of(std::string_view line) {
  const std::string_view rest = trim(line.substr(line.find(':') + 1));
  const auto number = parse_int<std::uint64_t>(rest.substr(0, rest.find(' ')), 0, UINT64_MAX >> 10);
  return number ? *number << 10 : 0;
}

}  // namespace

Result<ProcessUsage> usage_of(int pid) {
  clockid_t clock{};
  if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
    return fail_errno(error, fmt::format("process {}", pid));
  }
  ProcessUsage usage;
  usage.cpu = read_clock(clock);
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) usage.resident_bytes = kib_of(line);
    if (line.starts_with("VmHWM:")) usage.peak_bytes = kib_of(line);
  }
  return usage;
}

std::chrono::nanoseconds own_cpu() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace sluice::cli::bench
