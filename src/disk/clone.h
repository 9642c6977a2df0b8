// SPDX-License-Identifier: Apache-2.0
// kXR_clone: copies a range from one open file to another inside the kernel; where the file system
// can, by sharing blocks.
#pragma once

#include "base/result.h"
#include "disk/open_file.h"

#include <cstdint>

namespace sluice::disk {

struct CloneRange {
  std::uint64_t source_offset = 0;
  std::uint64_t size = 0;  // bytes; 0: up to the end of the source
  std::uint64_t target_offset = 0;
};

// Errc::invalid_argument when the source has no such range or the two ranges of one file overlap.
// Blocks.
Status clone_range(const OpenFile& source, OpenFile& target, CloneRange range);

}  // namespace sluice::disk
