// SPDX-License-Identifier: Apache-2.0
// What operators do to a storage system: commands that look at its catalogue and change it. Doors and pools notice within
// seconds.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> admin_commands();

}  // namespace sluice::app
