// SPDX-License-Identifier: Apache-2.0
// The method "host": the client is known by the address it comes from. Credential: "host" NUL.
#pragma once

#include "auth/method.h"

namespace sluice::auth {

std::unique_ptr<Method> make_host();
std::unique_ptr<ClientConversation> begin_host(const Server& server);

}  // namespace sluice::auth
