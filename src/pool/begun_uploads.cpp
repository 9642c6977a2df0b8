// SPDX-License-Identifier: Apache-2.0
#include "pool/begun_uploads.h"

#include <algorithm>
#include <utility>

namespace sluice::pool {

bool BegunUploads::begin(catalogue::FileId upload, std::uint32_t expires, std::uint32_t now) {
  std::scoped_lock lock(mutex_);
  if (begun_.size() >= drop_at_) drop_expired(now);
  return begun_.emplace(upload.number, expires).second;
}

// What is left may double before the next look, so that each upload pays for a constant number of looks.
void BegunUploads::drop_expired(std::uint32_t now) {
  std::erase_if(begun_, [now](const auto& upload) { return upload.second < now; });
  drop_at_ = std::max<std::size_t>(1024, 2 * begun_.size());
}

void BegunUploads::owe_abort(catalogue::FileId upload) {
  std::scoped_lock lock(mutex_);
  owed_.push_back(upload);
}

std::vector<catalogue::FileId> BegunUploads::take_owed() {
  std::scoped_lock lock(mutex_);
  return std::exchange(owed_, {});
}

}  // namespace sluice::pool
