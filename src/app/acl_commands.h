// SPDX-License-Identifier: Apache-2.0
// Commands on access control lists of the namespace, which ask the running door (acl_routes.cpp).
#pragma once

#include "cli/command.h"

#include <span>

namespace sluice::app {

std::span<const cli::CommandRow> acl_commands();

}  // namespace sluice::app
