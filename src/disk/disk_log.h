// SPDX-License-Identifier: Apache-2.0
// The log of this module.
#pragma once

#include "base/log.h"

namespace sluice::disk {

inline const Logger disk_log("disk");

}  // namespace sluice::disk
