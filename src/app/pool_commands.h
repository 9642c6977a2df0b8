// SPDX-License-Identifier: Apache-2.0
// What operators do to pools as a whole: it takes long, and these commands show how far it is.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> pool_commands();

}  // namespace sluice::app
