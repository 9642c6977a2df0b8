// SPDX-License-Identifier: Apache-2.0
// The commands that need the whole program: serve and config.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> commands();

}  // namespace sluice::app
