// SPDX-License-Identifier: Apache-2.0
#include "door/hot_files.h"

#include <utility>

namespace sluice::door {
namespace {

constexpr std::size_t most = 100;

}  // namespace

// Who is hot stays hot: one that finds no place now does so in the next minute.
void HotFiles::remember(catalogue::FileId file) noexcept {
  std::lock_guard lock(mutex_);
  if (found_.capacity() < most) found_.reserve(most);
  if (found_.size() < most) found_.push_back(file);
}

std::vector<catalogue::FileId> HotFiles::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(found_, {});
}

void HotFiles::forget() noexcept {
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
}

}  // namespace sluice::door
