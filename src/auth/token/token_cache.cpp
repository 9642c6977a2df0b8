// SPDX-License-Identifier: Apache-2.0
#include "auth/token/token_cache.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace sluice::auth::jwt {

Sha256 sha256(std::string_view text) {
  // Looked up once: the lookup takes a lock that all loops would meet at. Never freed, as threads may outlive it.
  static EVP_MD* const algorithm = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Sha256 out{};
  if (::EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                   algorithm, nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return out;
}

std::shared_ptr<const Token> TokenCache::find(const Sha256& hash,
                                              std::chrono::system_clock::time_point now) {
  Shard& shard = shard_of(hash);
  std::scoped_lock lock(shard.mutex);
  auto at = shard.by_hash.find(hash);
  if (at == shard.by_hash.end()) return nullptr;
  const Entry& entry = at->second->second;
  if (now >= entry.until || entry.keys->generation() != entry.generation) {
    shard.order.erase(at->second);
    shard.by_hash.erase(at);
    return nullptr;
  }
  shard.order.splice(shard.order.begin(), shard.order, at->second);
  return entry.token;
}

void TokenCache::put(const Sha256& hash, Entry entry) {
  if (limit_ == 0) return;
  Shard& shard = shard_of(hash);
  std::scoped_lock lock(shard.mutex);
  if (auto at = shard.by_hash.find(hash); at != shard.by_hash.end()) {
    at->second->second = std::move(entry);
    return;
  }
  shard.order.emplace_front(hash, std::move(entry));
  shard.by_hash.emplace(hash, shard.order.begin());
  if (shard.order.size() <= limit_) return;
  shard.by_hash.erase(shard.order.back().first);
  shard.order.pop_back();
}

std::size_t TokenCache::size() const {
  std::size_t all = 0;
  for (const Shard& shard : shards_) {
    std::scoped_lock lock(shard.mutex);
    all += shard.order.size();
  }
  return all;
}

}  // namespace sluice::auth::jwt
