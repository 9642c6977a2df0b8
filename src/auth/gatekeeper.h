// SPDX-License-Identifier: Apache-2.0
// What a server asks of those who come: the chain of methods, the addresses that are locked out, and who somebody is here
// after all.
#pragma once

#include "auth/chain.h"
#include "auth/config.h"
#include "auth/principal.h"
#include "auth/source_limits.h"

#include <memory>

namespace sluice::auth {

// Whoever was let in: what was proven, and as whom requests are decided.
struct Admission {
  Identity identity;
  Principal principal;
};

class Gatekeeper {
 public:
  Gatekeeper(const AuthConfig& config, Chain chain);

  const Chain& chain() const { return chain_; }
  SourceLimits& limits() { return limits_; }

  // May block. Errc::not_authorized: known, and not let in.
  Result<std::shared_ptr<const Admission>> admit(Identity identity) const;

  // Looks at all files again. May block.
  void reload() { chain_.reload(); }

 private:
  Chain chain_;
  SourceLimits limits_;
};

// Of a client that nobody asks; `label` is what it calls itself.
std::shared_ptr<const Admission> unasked(std::string label);

}  // namespace sluice::auth
