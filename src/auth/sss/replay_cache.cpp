// SPDX-License-Identifier: Apache-2.0
#include "auth/sss/replay_cache.h"

#include <array>
#include <vector>

namespace sluice::auth::sss {

Status ReplayCache::use(std::int64_t key_id, ByteView nonce, std::int64_t now) {
  // Keyed with nothing secret: this only makes names of one size.
  std::array<std::byte, 8> id{};
  store_be<std::int64_t>(id, key_id);
  const Sha256 digest = hmac_sha256(id, nonce);

  const std::lock_guard lock(mutex_);
  while (!by_age_.empty() && by_age_.front().until < now) {
    used_.erase(by_age_.front().digest);
    by_age_.pop_front();
  }
  if (used_.contains(digest))
    return fail(Errc::authentication, "sss: the credential was used before");
  if (used_.size() >= limit_) return fail(Errc::overloaded, "sss: too many logins at once");
  used_.insert(digest);
  by_age_.push_back({now + keep_, digest});
  return {};
}

}  // namespace sluice::auth::sss
