// SPDX-License-Identifier: Apache-2.0
// The log of everything about tokens; a token is named in it by a piece of its SHA-256.
#pragma once

#include "base/log.h"

namespace sluice::auth::jwt {

inline const Logger log("token");

}  // namespace sluice::auth::jwt
