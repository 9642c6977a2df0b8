// SPDX-License-Identifier: Apache-2.0
// Completion scripts for bash, zsh and fish, made from the same rows as --help. Remote paths are
// completed by `sluice ls`, which the scripts call with a short timeout.
#pragma once

#include "base/result.h"
#include "cli/usage.h"

#include <string>
#include <string_view>

namespace sluice::cli {

Result<std::string> completion_script(const Tables& tables, std::string_view shell);

}  // namespace sluice::cli
