// SPDX-License-Identifier: Apache-2.0
// What a change leaves behind for those who keep in memory what they read: 64 bits that stand for a name in a directory, or
// for what is known of an entry. All processes of a catalogue compute the same marks, of whatever version they are.
#pragma once

#include "catalogue/types.h"

#include <cstdint>
#include <string_view>

namespace sluice::catalogue {

using Mark = std::uint64_t;

// Its attributes, checksums, replicas.
Mark mark_of(FileId entry);
// What is behind that name.
Mark mark_of(FileId directory, std::string_view name);

}  // namespace sluice::catalogue
