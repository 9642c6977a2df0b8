// SPDX-License-Identifier: Apache-2.0
// Giving up the rights of root once they are not needed any more.
#pragma once

#include "base/result.h"

#include <string>

namespace sluice::app {

// Becomes `user` with its groups, for good. An empty name changes nothing, with a warning when the
// process is root's.
Status become(const std::string& user);

}  // namespace sluice::app
