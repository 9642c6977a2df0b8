// SPDX-License-Identifier: Apache-2.0
#include "capability/key_ring.h"

#include <algorithm>

namespace sluice::capability {

void KeyRing::replace(std::vector<Key> keys, std::size_t signer) {
  std::vector<std::shared_ptr<const Key>> fresh;
  fresh.reserve(keys.size());
  for (Key& key : keys) fresh.push_back(std::make_shared<const Key>(std::move(key)));
  std::lock_guard lock(mutex_);
  keys_ = std::move(fresh);
  signer_ = signer;
}

std::shared_ptr<const Key> KeyRing::signer() const {
  std::lock_guard lock(mutex_);
  return signer_ < keys_.size() ? keys_[signer_] : nullptr;
}

std::shared_ptr<const Key> KeyRing::find(std::uint32_t id) const {
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find(keys_, id, [](const auto& key) { return key->id; });
  return found != keys_.end() ? *found : nullptr;
}

}  // namespace sluice::capability
