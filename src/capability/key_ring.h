// SPDX-License-Identifier: Apache-2.0
// The keys that doors sign with and pools verify with. Doors use one of them; all others are honoured until they are
// taken away, so that a key can change while clients are on their way. Thread-safe.
#pragma once

#include "base/crypto.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace sluice::capability {

struct Key {
  std::uint32_t id = 0;
  std::vector<std::byte> secret;
};

class KeyRing {
 public:
  // Newest first; `signer` is the index of the one to sign with.
  void replace(std::vector<Key> keys, std::size_t signer = 0);

  // Copies of pointers, so that a replacement meanwhile harms nobody; null when there is none.
  std::shared_ptr<const Key> signer() const;
  std::shared_ptr<const Key> find(std::uint32_t id) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Key>> keys_;
  std::size_t signer_ = 0;
};

}  // namespace sluice::capability
