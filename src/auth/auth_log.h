// SPDX-License-Identifier: Apache-2.0
// The log of this module.
#pragma once

#include "base/log.h"

namespace sluice::auth {

inline const Logger log("auth");

}  // namespace sluice::auth
