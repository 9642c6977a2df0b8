// SPDX-License-Identifier: Apache-2.0
#include "disk/lock_table.h"

namespace sluice::disk {

void LockTable::Claim::release() {
  if (table_ != nullptr) std::exchange(table_, nullptr)->release(key_);
}

Result<LockTable::Claim> LockTable::claim(Key key, bool force, std::string_view object) {
  std::lock_guard lock(mutex_);
  unsigned& count = holders_[key];
  if (count > 0 && !force)
    return fail(Errc::locked, std::string(object) + " is being written by somebody else");
  ++count;
  return Claim(*this, std::move(key));
}

bool LockTable::is_claimed(const Key& key) const {
  std::lock_guard lock(mutex_);
  return holders_.contains(key);
}

void LockTable::release(const Key& key) {
  std::lock_guard lock(mutex_);
  auto entry = holders_.find(key);
  if (entry != holders_.end() && --entry->second == 0) holders_.erase(entry);
}

}  // namespace sluice::disk
