// SPDX-License-Identifier: Apache-2.0
// The public keys of one issuer: fetched when they are first needed, again when they are due or when a token names one that is
// not there, and kept over an outage. An issuer that hangs holds one thread that fetches and few that wait. Thread-safe.
#pragma once

#include "auth/token/issuer.h"
#include "auth/token/public_key.h"
#include "base/units.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::auth::jwt {

using Moment = std::chrono::steady_clock::time_point;

// How documents come here, and what time it is; tests bring their own.
struct KeySource {
  std::function<Result<std::string>(const std::string& url)> fetch;
  std::function<Moment()> now = &std::chrono::steady_clock::now;
};

struct KeyTimes {
  Duration refresh;
  Duration offline_grace;
  Duration patience;  // for a fetch that somebody else began
};

class IssuerKeys {
 public:
  using Keys = std::vector<std::shared_ptr<const PublicKey>>;

  // At most one attempt in this time, whatever strangers send.
  static constexpr Duration retry_interval{30'000};
  static constexpr std::size_t max_waiting = 4;
  static constexpr std::size_t max_tried = 4;  // keys that one token is checked with

  IssuerKeys(TokenIssuer issuer, KeyTimes times, KeySource source);

  // The keys that may have signed: those with the id, or all that fit when the token names none. Never empty. May block
  // when there is none.
  Result<Keys> find(const std::string& id, const Algorithm& algorithm);

  // Fetches when that is due, unless somebody is at it.
  Status refresh();
  Moment refresh_due() const;

  // Changes whenever a key is withdrawn: what was verified before is not believed any more.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  using Lock = std::unique_lock<std::mutex>;

  // With the lock:
  bool is_usable() const;
  Result<Keys> match(const std::string& id, const Algorithm& algorithm) const;
  Status attempt(Lock& lock);
  Status wait(Lock& lock);
  void take(Keys keys);

  Result<Keys> load() const;
  Result<std::string> location() const;

  const TokenIssuer issuer_;
  const KeyTimes times_;
  const KeySource source_;

  mutable std::mutex mutex_;
  std::condition_variable fetched_;
  Keys keys_;
  Moment fetched_at_{};
  Moment next_attempt_ = Moment::min();
  bool is_fetching_ = false;
  std::size_t waiting_ = 0;
  std::string failure_;  // of the last attempt; empty: it succeeded
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace sluice::auth::jwt
