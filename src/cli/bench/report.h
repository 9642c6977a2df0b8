// SPDX-License-Identifier: Apache-2.0
// How the outcome of a run is shown: a small table for people, one JSON object for programs.
#pragma once

#include "cli/bench/run.h"
#include "cli/json.h"

#include <string>

namespace sluice::cli::bench {

std::string as_table(const Outcome& outcome);
JsonObject as_json(const Outcome& outcome);

}  // namespace sluice::cli::bench
