// SPDX-License-Identifier: Apache-2.0
// Tokens that were verified, by the SHA-256 of their text, until they expire or a key of their issuer is withdrawn. In shards
// with a short lock each, the least used of a shard leaves first. Only verified tokens get in, so strangers fill nothing.
#pragma once

#include "auth/token/issuer_keys.h"
#include "auth/token/token.h"
#include "base/crypto.h"

#include <array>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace sluice::auth::jwt {

Sha256 sha256(std::string_view text);

class TokenCache {
 public:
  struct Entry {
    std::shared_ptr<const Token> token;
    std::shared_ptr<const IssuerKeys> keys;
    std::uint64_t generation = 0;  // of `keys`, before the signature was checked
    std::chrono::system_clock::time_point until;
  };

  explicit TokenCache(std::size_t limit) : limit_((limit + shards - 1) / shards) {}

  // Null when it is not there or does not count any more.
  std::shared_ptr<const Token> find(const Sha256& hash, std::chrono::system_clock::time_point now);
  void put(const Sha256& hash, Entry entry);
  std::size_t size() const;

 private:
  static constexpr std::size_t shards = 16;

  struct Beginning {
    std::size_t operator()(const Sha256& hash) const {
      std::size_t value = 0;
      std::memcpy(&value, hash.data() + 1, sizeof value);
      return value;
    }
  };
  using Order = std::list<std::pair<Sha256, Entry>>;  // the last used first
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Order order;
    std::unordered_map<Sha256, Order::iterator, Beginning> by_hash;
  };
  Shard& shard_of(const Sha256& hash) {
    return shards_[std::to_integer<std::size_t>(hash[0]) % shards];
  }

  const std::size_t limit_;  // of each shard
  std::array<Shard, shards> shards_;
};

}  // namespace sluice::auth::jwt
