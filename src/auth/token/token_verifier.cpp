// SPDX-License-Identifier: Apache-2.0
#include "auth/token/token_verifier.h"

#include "auth/token/claims.h"
#include "auth/token/fetch.h"
#include "auth/token/signed_text.h"
#include "auth/token/token_cache.h"
#include "base/checksum.h"
#include "base/text.h"

#include <algorithm>
#include <vector>

namespace sluice::auth {

using namespace jwt;

namespace {

struct Trusted {
  TokenIssuer issuer;
  std::shared_ptr<IssuerKeys> keys;
};

// Issuers may stay what they are when these are the same.
bool same_fetching(const TokenConfig& a, const TokenConfig& b) {
  return a.refresh == b.refresh && a.offline_grace == b.offline_grace &&
         a.fetch_timeout == b.fetch_timeout && a.ca_directory == b.ca_directory &&
         a.ca_file == b.ca_file;
}

tl::unexpected<Error> refuse(std::string why) { return fail(Errc::authentication, std::move(why)); }

Status check_signature(const SignedText& token, IssuerKeys& keys) {
  SLUICE_TRY(auto candidates, keys.find(token.key_id, *token.algorithm));
  for (const auto& key : candidates) {
    if (key->has_signed(token.text)) return {};
  }
  return refuse("the signature of the token is wrong");
}

}  // namespace

// What follows from one set of settings. Immutable but for the caches inside, which lock themselves.
struct TokenVerifier::State {
  explicit State(TokenConfig settings)
      : config(std::move(settings)),
        rules{config.audiences, config.any_audience, config.strict, config.clock_skew},
        cache(std::make_unique<TokenCache>(config.cached_tokens)) {}

  const Trusted* find(std::string_view url) const {
    auto at =
        std::ranges::find_if(trusted, [&](const Trusted& one) { return one.issuer.url == url; });
    return at == trusted.end() ? nullptr : &*at;
  }

  TokenConfig config;
  ClaimRules rules;
  std::vector<Trusted> trusted;
  std::unique_ptr<TokenCache> cache;
};

Result<std::shared_ptr<TokenVerifier>> TokenVerifier::make(const TokenConfig& config,
                                                           TokenWorld world) {
  std::shared_ptr<TokenVerifier> verifier(new TokenVerifier(std::move(world)));
  SLUICE_CHECK(verifier->reconfigure(config));
  return verifier;
}

Result<std::shared_ptr<const TokenVerifier::State>> TokenVerifier::state_for(
    const TokenConfig& config) const {
  SLUICE_TRY(auto issuers, parse_issuers(config.issuers));
  auto before = state_.load();
  auto state = std::make_shared<State>(config);
  jwt::KeySource source{world_.fetch, world_.steady};
  if (!source.fetch) {
    source.fetch = [rules = FetchRules{config.ca_file, config.ca_directory, config.fetch_timeout}](
                       const std::string& url) { return fetch_url(url, rules); };
  }
  KeyTimes times{config.refresh, config.offline_grace, config.fetch_timeout};
  for (TokenIssuer& issuer : issuers) {
    const Trusted* old = before ? before->find(issuer.url) : nullptr;
    bool is_same = old && old->issuer == issuer && same_fetching(before->config, config);
    auto keys = is_same ? old->keys : std::make_shared<IssuerKeys>(issuer, times, source);
    state->trusted.push_back({std::move(issuer), std::move(keys)});
  }
  return std::shared_ptr<const State>(std::move(state));
}

Status TokenVerifier::reconfigure(const TokenConfig& config) {
  SLUICE_TRY(auto state, state_for(config));
  state_.store(std::move(state));
  return {};
}

std::shared_ptr<const Token> TokenVerifier::known(std::string_view text) const {
  auto state = state_.load();
  if (text.size() > state->config.max_size.count) return nullptr;
  return state->cache->find(sha256(text), world_.wall());
}

Result<std::shared_ptr<const Token>> TokenVerifier::verify(std::string_view text) {
  auto state = state_.load();
  if (text.size() > state->config.max_size.count) {
    return refuse("the token is longer than " + std::to_string(state->config.max_size.count) +
                  " bytes");
  }
  const Sha256 hash = sha256(text);
  if (auto token = state->cache->find(hash, world_.wall())) return token;

  SLUICE_TRY(SignedText parts, take_apart(text));
  SLUICE_TRY(std::string url, issuer_in(parts.claims));
  const Trusted* trusted = state->find(url);
  if (!trusted) {
    return refuse("the issuer " + json_quoted(std::string_view(url).substr(0, 128)) +
                  " of the token is not trusted here");
  }
  Duration skew = state->config.clock_skew;
  SLUICE_TRY(auto expires, check_times(parts.claims, world_.wall(), skew));
  std::uint64_t generation = trusted->keys->generation();
  SLUICE_CHECK(check_signature(parts, *trusted->keys));
  SLUICE_TRY(Token read, read_claims(parts.claims, trusted->issuer, state->rules));
  read.expires = expires + skew;
  auto token = std::make_shared<const Token>(std::move(read));
  state->cache->put(hash, {token, trusted->keys, generation, token->expires});
  return token;
}

Status TokenVerifier::refresh() {
  Status all;
  for (const Trusted& one : state_.load()->trusted) {
    if (auto done = one.keys->refresh(); !done) all = std::move(done);
  }
  return all;
}

Moment TokenVerifier::refresh_due() const {
  Moment due = Moment::max();
  for (const Trusted& one : state_.load()->trusted) due = std::min(due, one.keys->refresh_due());
  return due;
}

bool TokenVerifier::is_strict() const { return state_.load()->config.strict; }

std::size_t TokenVerifier::max_size() const { return state_.load()->config.max_size.count; }

std::string TokenVerifier::issuer_name(std::string_view url) const {
  auto state = state_.load();
  const Trusted* trusted = state->find(without_slash(url));
  return trusted ? trusted->issuer.name : std::string();
}

std::string token_label(std::string_view text) { return to_hex(ByteView(sha256(text)).first(8)); }

}  // namespace sluice::auth
