// SPDX-License-Identifier: Apache-2.0
// What a start does for a server that was killed: unfinished uploads are removed, open checkpoints
// rolled back.
#pragma once

#include "base/result.h"

namespace sluice::disk {

class FileTree;

// Notes of other living servers are left alone. A note that cannot be carried out is logged and
// kept.
Status recover(FileTree& tree);

}  // namespace sluice::disk
