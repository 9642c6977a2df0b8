// SPDX-License-Identifier: Apache-2.0
// The catalogue's logger, one for all of its files.
#pragma once

#include "base/log.h"

namespace sluice::catalogue {

inline const Logger log("catalogue");

}  // namespace sluice::catalogue
