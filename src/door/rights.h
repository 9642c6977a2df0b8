// SPDX-License-Identifier: Apache-2.0
// Rights in the namespace: what is decided when it is known what a path leads to.
#pragma once

#include "auth/activity.h"
#include "auth/principal.h"
#include "base/result.h"
#include "catalogue/walk.h"

#include <string_view>

namespace sluice::door {

using auth::Activity;
using auth::Principal;

// `path` is for the error alone.
Status check_rights(const Principal& who, Activity activity, const catalogue::Walk& walk,
                    std::string_view path);

}  // namespace sluice::door
