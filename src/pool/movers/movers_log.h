// SPDX-License-Identifier: Apache-2.0
// The log of this module.
#pragma once

#include "base/log.h"

namespace sluice::pool {

inline const Logger movers_log("movers");

}  // namespace sluice::pool
