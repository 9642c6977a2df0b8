// SPDX-License-Identifier: Apache-2.0
// The roles that `serve.roles` names.
#pragma once

#include "app/role.h"

#include <memory>
#include <vector>

namespace sluice::app {

// In the order in which they are opened. Errc::usage for a role that there is not.
Result<std::vector<std::unique_ptr<Role>>> make_roles(Host& host);

}  // namespace sluice::app
