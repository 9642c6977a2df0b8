// SPDX-License-Identifier: Apache-2.0
#include "pool/reservations.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::pool {

void Reservations::Claim::fill(std::uint64_t bytes) noexcept {
  std::uint64_t left = left_.load(std::memory_order_relaxed);
  std::uint64_t filled = 0;
  do filled = std::min(left, bytes);
  while (filled > 0 &&
         !left_.compare_exchange_weak(left, left - filled, std::memory_order_relaxed));
  if (filled > 0) promised_->fetch_sub(filled, std::memory_order_relaxed);
}

Result<std::unique_ptr<Reservations::Claim>> Reservations::claim(std::uint64_t bytes,
                                                                 std::uint64_t room) {
  std::uint64_t promised = promised_->load(std::memory_order_relaxed);
  do {
    const std::uint64_t left = room > promised ? room - promised : 0;
    if (left == 0 || bytes > left) {
      return fail(Errc::no_space,
                  fmt::format("{} bytes announced, {} are free and not promised", bytes, left));
    }
  } while (
      !promised_->compare_exchange_weak(promised, promised + bytes, std::memory_order_relaxed));
  return std::make_unique<Claim>(promised_, bytes);
}

}  // namespace sluice::pool
