// SPDX-License-Identifier: Apache-2.0
// The method ztn: a bearer token shows who somebody is, on encrypted connections only. One round, no key for signatures.
#pragma once

#include "auth/method.h"
#include "auth/token/token_verifier.h"
#include "auth/ztn/config.h"

#include <memory>

namespace sluice::auth {

// reload() of the method fetches the issuers' keys that are due.
std::unique_ptr<Method> make_ztn(const ZtnConfig& config, std::shared_ptr<TokenVerifier> tokens);

std::unique_ptr<ClientConversation> begin_ztn(const Server& server);

}  // namespace sluice::auth
