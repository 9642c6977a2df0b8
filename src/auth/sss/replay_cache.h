// SPDX-License-Identifier: Apache-2.0
// Which credentials were used already, for as long as they would be believed. Bounded: when it is full nothing is let in, for
// what is forgotten early could be used again. Used by many threads at once.
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace sluice::auth::sss {

class ReplayCache {
 public:
  // `lifetime`: seconds for which a credential is believed, before and after the moment it was made at.
  ReplayCache(std::int64_t lifetime, std::size_t limit) : keep_(2 * lifetime), limit_(limit) {}

  // Once for each nonce: Errc::authentication the second time, Errc::overloaded when full.
  Status use(std::int64_t key_id, ByteView nonce, std::int64_t now);

 private:
  struct Hash {
    std::size_t operator()(const Sha256& digest) const {
      std::size_t out = 0;
      std::memcpy(&out, digest.data(), sizeof out);
      return out;
    }
  };
  struct Use {
    std::int64_t until;
    Sha256 digest;
  };

  const std::int64_t keep_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::unordered_set<Sha256, Hash> used_;
  std::deque<Use> by_age_;
};

}  // namespace sluice::auth::sss
