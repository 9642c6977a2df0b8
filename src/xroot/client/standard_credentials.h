// SPDX-License-Identifier: Apache-2.0
// The credentials of the user who runs the program, found where the field's clients look for them: every method of
// auth/methods.h that has something to show.
#pragma once

#include "xroot/client/credentials.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::xroot::client {

// What the environment of the process has.
std::shared_ptr<Credentials> standard_credentials();

// What these variables say, and nothing of the environment: for servers that act for somebody.
using Variables = std::function<std::string(std::string_view name)>;
std::shared_ptr<Credentials> credentials_of(Variables variables);

// One exchange with what the environment has, for those who have no coroutines; null as with Credentials::begin.
std::unique_ptr<auth::ClientConversation> standard_conversation(const AuthOffer& offer,
                                                                const AuthPeer& peer);

}  // namespace sluice::xroot::client
