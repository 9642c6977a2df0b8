// SPDX-License-Identifier: Apache-2.0
// What operators ask about logins: who somebody would be here, and why.
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> auth_commands();

}  // namespace sluice::app
