// SPDX-License-Identifier: Apache-2.0
// `sluice pool rebalance`.
#pragma once

#include "cli/command.h"

#include <memory>

namespace sluice::app {

std::unique_ptr<cli::Command> make_rebalance();

}  // namespace sluice::app
