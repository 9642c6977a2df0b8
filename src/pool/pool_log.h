// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"

namespace sluice::pool {

inline const Logger log("pool");

}  // namespace sluice::pool
