// SPDX-License-Identifier: Apache-2.0
#include "app/rebalance.h"

#include <algorithm>

namespace sluice::app {

using catalogue::PoolId;

double Filling::share() const {
  const auto all = static_cast<double>(stored) + static_cast<double>(room);
  return all > 0 ? static_cast<double>(stored) / all : 1;
}

Balance::Balance(std::vector<Filling> pools, double within)
    : pools_(std::move(pools)), within_(within) {
  Filling all;
  for (const Filling& pool : pools_) {
    all.stored += pool.stored;
    all.room += pool.room;
  }
  mean_ = all.share();
}

// Bytes above the mean, of a pool that is further from it than it may be.
std::uint64_t Balance::excess_of(const Filling& pool) const {
  if (pool.share() <= mean_ + within_) return 0;
  const double all = static_cast<double>(pool.stored) + static_cast<double>(pool.room);
  return pool.stored - std::min(pool.stored, static_cast<std::uint64_t>(all * mean_));
}

std::uint64_t Balance::excess() const {
  std::uint64_t sum = 0;
  for (const Filling& pool : pools_) sum += excess_of(pool);
  return sum;
}

const Filling* Balance::giver() const {
  const Filling* fullest = nullptr;
  for (const Filling& pool : pools_) {
    if (excess_of(pool) == 0 || std::ranges::find(stuck_, pool.pool) != stuck_.end()) continue;
    if (fullest == nullptr || pool.share() > fullest->share()) fullest = &pool;
  }
  return fullest;
}

const Filling* Balance::taker(const Filling& giver, std::uint64_t size,
                              std::span<const PoolId> holders) const {
  if (size == 0 || size > excess_of(giver)) return nullptr;
  const Filling* emptiest = nullptr;
  for (const Filling& pool : pools_) {
    if (std::ranges::find(holders, pool.pool) != holders.end() || pool.room < size) continue;
    Filling then = pool;
    then.stored += size;
    then.room -= size;
    if (then.share() > mean_) continue;
    if (emptiest == nullptr || pool.share() < emptiest->share()) emptiest = &pool;
  }
  return emptiest;
}

void Balance::moved(PoolId from, PoolId to, std::uint64_t size) {
  Filling* giver = find(from);
  Filling* taker = find(to);
  giver->stored -= size;
  giver->room += size;
  taker->stored += size;
  taker->room -= size;
}

void Balance::stuck(PoolId pool) { stuck_.push_back(pool); }

Filling* Balance::find(PoolId pool) { return &*std::ranges::find(pools_, pool, &Filling::pool); }

}  // namespace sluice::app
