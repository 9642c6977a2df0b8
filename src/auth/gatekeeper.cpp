// SPDX-License-Identifier: Apache-2.0
#include "auth/gatekeeper.h"

#include "auth/auth_log.h"
#include "auth/methods.h"
#include "auth/token/bearer.h"
#include "base/crypto.h"

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

// Grows with whatever may change what a token is worth, in all gatekeepers of the process: threads then forget what they know.
std::atomic<std::uint64_t> rounds = 1;

}  // namespace

std::shared_ptr<const Admission> Gatekeeper::Admitted::find(const Token& token) const {
  const std::lock_guard lock(mutex_);
  auto at = all_.find(&token);
  return at == all_.end() ? nullptr : at->second;
}

void Gatekeeper::Admitted::put(std::shared_ptr<const Admission> admission) {
  const std::lock_guard lock(mutex_);
  if (all_.size() >= most) all_.clear();
  const Token* token = admission->identity.token.get();
  all_.insert_or_assign(token, std::move(admission));
}

void Gatekeeper::Admitted::clear() {
  const std::lock_guard lock(mutex_);
  all_.clear();
  rounds.fetch_add(1, std::memory_order_acq_rel);
}

Result<std::shared_ptr<Gatekeeper>> Gatekeeper::make(const Settings& settings, bool is_local) {
  SLUICE_TRY(auto tokens, TokenVerifier::make(settings.token));
  SLUICE_TRY(Chain chain, make_chain({&settings, tokens}));
  std::shared_ptr<Gatekeeper> keeper(new Gatekeeper(settings.auth, std::move(chain), is_local));
  keeper->tokens_ = std::move(tokens);
  SLUICE_CHECK(keeper->reconfigure(settings));
  return keeper;
}

std::shared_ptr<Gatekeeper> Gatekeeper::of_everybody() {
  constexpr bool is_local = true;
  return make({}, is_local).value();  // usual settings: none of them can be wrong
}

Result<std::shared_ptr<const Admission>> Gatekeeper::admit(Identity identity) const {
  auto admission = std::make_shared<Admission>();
  SLUICE_TRY(admission->principal, policy().mapping.map(identity));
  if (admission->principal.is_anonymous)
    admission->principal = access().anonymous(std::move(admission->principal));
  admission->identity = std::move(identity);
  return admission;
}

std::shared_ptr<const Admission> Gatekeeper::unasked(std::string label) const {
  auto admission = std::make_shared<Admission>();
  admission->identity.name = label;
  admission->principal = access().anonymous({});
  admission->principal.name = std::move(label);
  return admission;
}

Result<std::shared_ptr<const Admission>> Gatekeeper::admit_bearer(std::string_view authz) {
  const auto text = bearer_of(authz);
  if (!text) return fail(Errc::authentication, "authz holds no bearer token");
  SLUICE_TRY(auto token, tokens_->verify(*text));
  SLUICE_TRY(auto admission, admit(identity_of(std::move(token))));
  admitted_.put(admission);
  return admission;
}

std::shared_ptr<const Admission> Gatekeeper::known_bearer(std::string_view authz) const {
  // A request asks more than once, and a client sends many with the same token: no hash and no lock for those.
  struct Last {
    std::uint64_t round = 0;
    const Gatekeeper* keeper = nullptr;
    std::string authz;
    std::shared_ptr<const Admission> admission;

    bool is(const Gatekeeper* asked, std::string_view text) const {
      return keeper == asked && round == rounds.load(std::memory_order_acquire) &&
             equal_in_constant_time(as_bytes(authz), as_bytes(text)) &&
             admission->identity.token->expires > std::chrono::system_clock::now();
    }
  };
  thread_local Last last;
  if (last.is(this, authz)) return last.admission;
  const std::uint64_t round = rounds.load(std::memory_order_acquire);
  const auto text = bearer_of(authz);
  const auto token = text ? tokens_->known(*text) : nullptr;
  auto admission = token ? admitted_.find(*token) : nullptr;
  if (admission) last = {round, this, std::string(authz), admission};
  return admission;
}

void Gatekeeper::reload() {
  chain_.reload();
  if (Status done = policy().mapping.reload(); !done)
    log.error("mapping.keeps_old_files", {{"why", done.error().message()}});
  if (Status done = tokens_->refresh(); !done)
    log.warn("issuers.not_reached", {{"why", done.error().message()}});
  admitted_.clear();
}

Status Gatekeeper::reconfigure(const Settings& settings) {
  const TokenConfig& token = settings.token;
  if (token.strict && token.issuers.empty()) {
    return fail(Errc::usage,
                "auth.token.strict: without auth.token.issuers no request would be allowed");
  }
  const std::lock_guard lock(changing_);
  SLUICE_TRY(auto other, other_policy(settings));
  SLUICE_CHECK(tokens_->reconfigure(token));
  if (other) {
    policies_.push_back(std::move(other));
    policy_.store(policies_.back().get(), std::memory_order_release);
  }
  takes_tokens_ = !token.issuers.empty();
  is_strict_ = token.strict;
  admitted_.clear();
  return {};
}

Result<std::unique_ptr<const Gatekeeper::Policy>> Gatekeeper::other_policy(
    const Settings& settings) const {
  const Policy* now = policy_.load();
  if (now != nullptr && now->mapping_settings == settings.mapping &&
      now->access_settings == settings.access)
    return nullptr;
  SLUICE_TRY(Mapping mapping, Mapping::parse(settings.mapping));
  SLUICE_TRY(Access access, Access::make(settings.access, is_local_));
  return std::make_unique<const Policy>(
      Policy{settings.mapping, settings.access, std::move(mapping), std::move(access)});
}

}  // namespace sluice::auth
