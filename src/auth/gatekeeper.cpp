// SPDX-License-Identifier: Apache-2.0
#include "auth/gatekeeper.h"

namespace sluice::auth {

Gatekeeper::Gatekeeper(const AuthConfig& config, Chain chain)
    : chain_(std::move(chain)), limits_(config.most_failures, config.lock_out) {}

Result<std::shared_ptr<const Admission>> Gatekeeper::admit(Identity identity) const {
  auto admission = std::make_shared<Admission>();
  admission->principal.name = identity.name;
  admission->principal.token = identity.token;
  admission->identity = std::move(identity);
  return admission;
}

std::shared_ptr<const Admission> unasked(std::string label) {
  auto admission = std::make_shared<Admission>();
  admission->identity.name = label;
  admission->principal.name = std::move(label);
  return admission;
}

}  // namespace sluice::auth
