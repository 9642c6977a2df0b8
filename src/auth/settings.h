// SPDX-License-Identifier: Apache-2.0
// All settings of this module, side by side.
#pragma once

#include "auth/config.h"

namespace sluice::auth {

struct Settings {
  AuthConfig auth;
};

}  // namespace sluice::auth
