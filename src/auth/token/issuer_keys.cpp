// SPDX-License-Identifier: Apache-2.0
#include "auth/token/issuer_keys.h"

#include "auth/token/fetch.h"
#include "auth/token/json.h"
#include "auth/token/log.h"
#include "base/text.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sluice::auth::jwt {
namespace {

constexpr JsonBounds discovery_bounds{16, 8192};

bool holds(const IssuerKeys::Keys& keys, const PublicKey& wanted) {
  return std::ranges::any_of(keys, [&](const auto& key) { return *key == wanted; });
}

}  // namespace

IssuerKeys::IssuerKeys(TokenIssuer issuer, KeyTimes times, KeySource source)
    : issuer_(std::move(issuer)), times_(times), source_(std::move(source)) {}

bool IssuerKeys::is_usable() const {
  return !keys_.empty() && source_.now() - fetched_at_ <= times_.refresh + times_.offline_grace;
}

// Errc::authentication: the key is there and cannot be what signed. Errc::not_found: it may come with the next fetch.
Result<IssuerKeys::Keys> IssuerKeys::match(const std::string& id,
                                           const Algorithm& algorithm) const {
  if (!is_usable()) return fail(Errc::not_found);
  Keys found;
  bool has_id = false;
  for (const auto& key : keys_) {
    if (!id.empty() && key->id() != id) continue;
    has_id = true;
    if (key->fits(algorithm) && found.size() < max_tried) found.push_back(key);
  }
  if (!found.empty()) return found;
  if (!has_id) return fail(Errc::not_found);
  return fail(Errc::authentication, "the token's algorithm does not fit the key that it names");
}

Result<IssuerKeys::Keys> IssuerKeys::find(const std::string& id, const Algorithm& algorithm) {
  Lock lock(mutex_);
  auto found = match(id, algorithm);
  if (found || found.error().code != Errc::not_found) return found;
  if (is_fetching_) {
    SLUICE_CHECK(wait(lock));
  } else if (source_.now() >= next_attempt_) {
    std::ignore =
        attempt(lock);  // why it failed is for the log: strangers need not know our network
  }
  found = match(id, algorithm);
  if (found || found.error().code != Errc::not_found) return found;
  if (!is_usable()) {
    return fail(Errc::authentication,
                "the keys of issuer " + issuer_.name + " cannot be had at the moment");
  }
  return fail(Errc::authentication, "issuer " + issuer_.name + " has no key with the id " +
                                        json_quoted(std::string_view(id).substr(0, 64)));
}

Status IssuerKeys::wait(Lock& lock) {
  if (waiting_ >= max_waiting) {
    return fail(Errc::authentication,
                "the keys of issuer " + issuer_.name + " are being fetched; try again");
  }
  ++waiting_;
  fetched_.wait_for(lock, times_.patience, [&] { return !is_fetching_; });
  --waiting_;
  return {};
}

Status IssuerKeys::attempt(Lock& lock) {
  is_fetching_ = true;
  lock.unlock();
  Result<Keys> keys = [&]() -> Result<Keys> {
    try {
      return load();
    } catch (const std::exception& thrown) {  // out of memory: the next attempt must be possible
      return fail(Errc::server, thrown.what());
    }
  }();
  lock.lock();
  is_fetching_ = false;
  next_attempt_ = source_.now() + retry_interval;
  fetched_.notify_all();
  if (keys) {
    take(*std::move(keys));
    return {};
  }
  std::string why = keys.error().message();
  if (why != std::exchange(failure_, why)) {
    log.warn("issuer.fetch_failed",
             {{"issuer", issuer_.name}, {"why", why}, {"has_keys", is_usable()}});
  }
  return fail(Errc::authentication,
              "the keys of issuer " + issuer_.name + " cannot be had: " + why);
}

void IssuerKeys::take(Keys keys) {
  bool is_withdrawn =
      std::ranges::any_of(keys_, [&](const auto& old) { return !holds(keys, *old); });
  bool is_new = std::ranges::any_of(keys, [&](const auto& one) { return !holds(keys_, *one); });
  if (is_withdrawn || is_new || !failure_.empty())
    log.info("issuer.keys_fetched", {{"issuer", issuer_.name}, {"keys", keys.size()}});
  failure_.clear();
  keys_ = std::move(keys);
  fetched_at_ = source_.now();
  if (is_withdrawn) generation_.fetch_add(1, std::memory_order_release);
}

Result<std::string> IssuerKeys::location() const {
  if (!issuer_.jwks.empty()) return issuer_.jwks;
  SLUICE_TRY(std::string text, source_.fetch(issuer_.url + "/.well-known/openid-configuration"));
  SLUICE_TRY(auto document, read_json(text, discovery_bounds, "the description of the issuer"));
  SLUICE_TRY(std::string named, text_member(document, "issuer", 2048));
  if (without_slash(named) != issuer_.url) {
    return fail(Errc::authentication, "the description of the issuer is that of " +
                                          json_quoted(std::string_view(named).substr(0, 128)));
  }
  SLUICE_TRY(std::string url, text_member(document, "jwks_uri", 2048));
  SLUICE_CHECK(check_url(url));
  // An issuer elsewhere has no business with the servers of this machine.
  if (is_on_loopback(url) && !is_on_loopback(issuer_.url))
    return fail(Errc::authentication, "the description of the issuer points at this machine");
  return url;
}

Result<IssuerKeys::Keys> IssuerKeys::load() const {
  SLUICE_TRY(std::string where, location());
  SLUICE_TRY(std::string text,
             where.starts_with('/') ? read_document(where) : source_.fetch(where));
  return parse_jwks(text);
}

Moment IssuerKeys::refresh_due() const {
  Lock lock(mutex_);
  if (is_fetching_) return source_.now() + retry_interval;
  if (keys_.empty()) return next_attempt_;
  return std::max(next_attempt_, fetched_at_ + times_.refresh);
}

Status IssuerKeys::refresh() {
  if (source_.now() < refresh_due()) return {};
  Lock lock(mutex_);
  if (is_fetching_) return {};
  return attempt(lock);
}

}  // namespace sluice::auth::jwt
