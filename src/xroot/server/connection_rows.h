// SPDX-License-Identifier: Apache-2.0
// The rows of login.h's handlers, for index_by_id() of a role's table.
#pragma once

#include "xroot/server/login.h"
#include "xroot/server/on.h"

namespace sluice::xroot::server {

inline constexpr std::array connection_rows = {on<&protocol>(), on<&log_in>(), on<&authenticate>(),
                                               on<&ping>(),     on<&bind>(),   on<&end_session>(),
                                               on<&set>()};

}  // namespace sluice::xroot::server
