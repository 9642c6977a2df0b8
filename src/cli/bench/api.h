// SPDX-License-Identifier: Apache-2.0
// The commands of this folder, a table that main() hands to cli::run() beside the others.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::cli::bench {

std::span<const CommandRow> commands();

}  // namespace sluice::cli::bench
