// SPDX-License-Identifier: Apache-2.0
// What a server asks of those who come: the chain of methods, the addresses that are locked out, the tokens it believes, and
// who somebody is here after all.
#pragma once

#include "auth/chain.h"
#include "auth/mapping/mapping.h"
#include "auth/principal.h"
#include "auth/settings.h"
#include "auth/source_limits.h"
#include "auth/token/token_verifier.h"

#include <memory>
#include <string_view>

namespace sluice::auth {

// Whoever was let in: what was proven, and as whom requests are decided.
struct Admission {
  Identity identity;
  Principal principal;
};

class Gatekeeper {
 public:
  // Errors say in one line what a method lacks, or which rule is wrong.
  static Result<std::unique_ptr<Gatekeeper>> make(const Settings& settings);

  const Chain& chain() const { return chain_; }
  SourceLimits& limits() { return limits_; }

  // May block. Errc::not_authorized: known, and not let in.
  Result<std::shared_ptr<const Admission>> admit(Identity identity) const;

  // Who a request is from that brings a token of its own: the value of `authz` in its CGI. May block.
  Result<std::shared_ptr<const Admission>> admit_bearer(std::string_view authz) const;
  // Whether admit_bearer() has to fetch or verify anything first.
  bool knows_bearer(std::string_view authz) const;
  // Each request on a path needs a token of its own.
  bool is_strict() const { return tokens_->is_strict(); }

  // Looks at all files again, and fetches the keys of issuers that are due. May block.
  void reload();

 private:
  Gatekeeper(const AuthConfig& config, Chain chain, Mapping mapping,
             std::shared_ptr<TokenVerifier> tokens);

  Chain chain_;
  Mapping mapping_;
  SourceLimits limits_;
  std::shared_ptr<TokenVerifier> tokens_;
};

// Of a client that nobody asks; `label` is what it calls itself.
std::shared_ptr<const Admission> unasked(std::string label);

}  // namespace sluice::auth
