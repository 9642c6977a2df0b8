// SPDX-License-Identifier: Apache-2.0
// `sluice admin match-pools`: what door.selection makes of a request.
#pragma once

#include "cli/command.h"

#include <memory>

namespace sluice::app {

std::unique_ptr<cli::Command> make_match_pools();

}  // namespace sluice::app
