// SPDX-License-Identifier: Apache-2.0
// Commands for a server that runs: asked over its local socket.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> running_commands();

}  // namespace sluice::app
