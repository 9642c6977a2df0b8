// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"

namespace sluice::door {

inline const Logger log("door");

}  // namespace sluice::door
