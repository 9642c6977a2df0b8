// SPDX-License-Identifier: Apache-2.0
#include "auth/chain.h"

#include "auth/auth_log.h"
#include "auth/credential.h"

#include <algorithm>

namespace sluice::auth {

const Method* Chain::find(std::string_view name) const {
  auto row = std::ranges::find(methods_, name, [](const auto& method) { return method->name(); });
  return row == methods_.end() ? nullptr : row->get();
}

std::string Chain::names() const {
  std::string names;
  for (const auto& method : methods_) {
    if (!names.empty()) names += ", ";
    names += method->name();
  }
  return names;
}

void Chain::reload() {
  for (auto& method : methods_) {
    if (Status done = method->reload(); !done) {
      log.error("method.keeps_old_files",
                {{"method", method->name()}, {"why", done.error().message()}});
    }
  }
}

Result<Verdict> Attempts::answer(const Chain& chain, const Peer& peer, std::string_view method,
                                 ByteView credential) {
  auto verdict = go_on(chain, peer, method, credential);
  if (!verdict) ++failures_;
  if (!verdict || std::holds_alternative<Proof>(*verdict)) {
    conversation_.reset();
    method_ = nullptr;
  }
  return verdict;
}

Result<Verdict> Attempts::go_on(const Chain& chain, const Peer& peer, std::string_view name,
                                ByteView credential) {
  if (credential.size() > max_credential)
    return fail(Errc::authentication, fmt::format("the {} credential is too long", name));
  const Method* method = chain.find(name);
  if (method == nullptr) {
    return fail(Errc::authentication,
                fmt::format("{} is not offered here, but {}", label_of(name), chain.names()));
  }
  // The name stands in the request and in the credential; with two different ones a client may mean either.
  if (auto content = content_of(credential, name); !content) {
    const bool is_bare = as_text(credential).substr(0, name.size() + 1) == std::string(name) + '\0';
    if (!is_bare || !method->takes_bare_name())
      return tl::unexpected<Error>(std::move(content).error());
  }
  if (method != method_ || !conversation_) {
    conversation_ = method->begin(peer);
    method_ = method;
    rounds_ = 0;
  }
  if (++rounds_ > max_rounds) return fail(Errc::authentication, "too many rounds");
  return conversation_->answer(credential);
}

}  // namespace sluice::auth
