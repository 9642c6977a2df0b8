// SPDX-License-Identifier: Apache-2.0
// The file system below an exported directory: how fast its metadata is, how far its time stamps
// can be trusted, how much room is left.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace sluice::disk {

struct Volume {
  std::string_view kind = "unknown";
  // Metadata calls are short enough to run on a loop. False for everything that may ask another
  // machine or a process.
  bool is_fast = false;
  // A file whose last modification is at least this long ago gets another time stamp when it is
  // modified now.
  std::chrono::nanoseconds stamp_guard{};
  // Its data are pages of memory: a read never waits, so nobody has to ask whether it would.
  bool in_memory = false;
};

Result<Volume> volume_of(int fd);

struct Space {
  std::uint64_t total = 0;  // bytes
  std::uint64_t free = 0;   // bytes that this process may still write
  std::uint64_t used() const { return total - free; }
};

Result<Space> space_of(int fd, std::string_view object);

}  // namespace sluice::disk
