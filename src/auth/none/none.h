// SPDX-License-Identifier: Apache-2.0
// The method "none": whoever asks is let in as anonymous. Clients have no method of that name, so that it is offered as
// "unix", which every client can serve; the name they give is a label.
#pragma once

#include "auth/method.h"

namespace sluice::auth {

std::unique_ptr<Method> make_none();

}  // namespace sluice::auth
