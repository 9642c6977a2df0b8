// SPDX-License-Identifier: Apache-2.0
// The tables of authentication methods: what a server may offer, by its name in auth.methods, and what a client can serve, by
// its name on the wire.
#pragma once

#include "auth/chain.h"
#include "auth/settings.h"
#include "auth/token/token_verifier.h"

#include <span>
#include <string_view>

namespace sluice::auth {

// What the methods of a server are made from.
struct MethodParts {
  const Settings* settings = nullptr;
  std::shared_ptr<TokenVerifier> tokens;
};

struct ServerRow {
  std::string_view name;
  // Errors say what is missing, in one line.
  Result<std::unique_ptr<Method>> (*make)(const MethodParts& parts);
};
std::span<const ServerRow> server_methods();

struct ClientRow {
  std::string_view name;
  std::unique_ptr<ClientConversation> (*begin)(const Server& server);
};
std::span<const ClientRow> client_methods();

// The chain of auth.methods; what is offered where that is empty is decided before.
Result<Chain> make_chain(const MethodParts& parts);

}  // namespace sluice::auth
