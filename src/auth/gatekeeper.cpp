// SPDX-License-Identifier: Apache-2.0
#include "auth/gatekeeper.h"

#include "auth/auth_log.h"
#include "auth/methods.h"
#include "auth/token/bearer.h"

namespace sluice::auth {
namespace {

Identity identity_of(std::shared_ptr<const Token> token) {
  Identity identity;
  identity.method = "ztn";
  identity.name = token->subject;
  identity.is_proven = true;
  identity.groups = token->groups;
  identity.token = std::move(token);
  return identity;
}

}  // namespace

Gatekeeper::Gatekeeper(const AuthConfig& config, Chain chain, Mapping mapping,
                       std::shared_ptr<TokenVerifier> tokens)
    : chain_(std::move(chain)),
      mapping_(std::move(mapping)),
      limits_(config.most_failures, config.lock_out),
      tokens_(std::move(tokens)) {}

Result<std::unique_ptr<Gatekeeper>> Gatekeeper::make(const Settings& settings) {
  SLUICE_TRY(auto tokens, TokenVerifier::make(settings.token));
  SLUICE_TRY(Chain chain, make_chain({&settings, tokens}));
  SLUICE_TRY(Mapping mapping, Mapping::parse(settings.mapping));
  return std::unique_ptr<Gatekeeper>(
      new Gatekeeper(settings.auth, std::move(chain), std::move(mapping), std::move(tokens)));
}

Result<std::shared_ptr<const Admission>> Gatekeeper::admit(Identity identity) const {
  auto admission = std::make_shared<Admission>();
  SLUICE_TRY(admission->principal, mapping_.map(identity));
  admission->identity = std::move(identity);
  return admission;
}

Result<std::shared_ptr<const Admission>> Gatekeeper::admit_bearer(std::string_view authz) const {
  const auto text = bearer_of(authz);
  if (!text) return fail(Errc::authentication, "authz holds no bearer token");
  SLUICE_TRY(auto token, tokens_->verify(*text));
  return admit(identity_of(std::move(token)));
}

bool Gatekeeper::knows_bearer(std::string_view authz) const {
  const auto text = bearer_of(authz);
  return !text || tokens_->known(*text) != nullptr;
}

void Gatekeeper::reload() {
  chain_.reload();
  if (Status done = mapping_.reload(); !done)
    log.error("mapping.keeps_old_files", {{"why", done.error().message()}});
  if (Status done = tokens_->refresh(); !done)
    log.warn("issuers.not_reached", {{"why", done.error().message()}});
}

std::shared_ptr<const Admission> unasked(std::string label) {
  auto admission = std::make_shared<Admission>();
  admission->identity.name = label;
  admission->principal.name = std::move(label);
  return admission;
}

}  // namespace sluice::auth
