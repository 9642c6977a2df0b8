// SPDX-License-Identifier: Apache-2.0
// The front of the command line: main() hands over its tables of commands and returns what run()
// returns.
#pragma once

#include "cli/command.h"

#include <span>
#include <vector>

namespace sluice::cli {

// The commands of this module (cp, ls, ..., completion, help).
std::span<const CommandRow> commands();

// Finds the row that argv names, parses, runs; every failure has been printed when it returns. The
// result is the exit code (sluice help exit-codes). `tables` are shown in their order by `sluice
// help`.
int run(Tables tables, int argc, char** argv);

}  // namespace sluice::cli
