// SPDX-License-Identifier: Apache-2.0
// Which files shall go from full pools to emptier ones: pure arithmetic on what the catalogue says of the pools.
#pragma once

#include "catalogue/types.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sluice::app {

// A pool that takes part.
struct Filling {
  catalogue::PoolId pool;
  std::string name;
  std::uint64_t stored = 0;  // bytes of the replicas that stay
  std::uint64_t room = 0;    // bytes that are free and not promised

  // Of all it could hold, 0 to 1.
  double share() const;
};

class Balance {
 public:
  // `within`: how far from the mean share a pool may be, 0 to 1.
  Balance(std::vector<Filling> pools, double within);

  const std::vector<Filling>& pools() const { return pools_; }
  // All pools together, the share of each when they are balanced.
  double mean() const { return mean_; }
  // Bytes that are too many somewhere.
  std::uint64_t excess() const;

  // The fullest pool that has too much; null when none has.
  const Filling* giver() const;
  // Where a replica of it should go: the emptiest pool that stays below the mean with it and is none of `holders`, and if the
  // giver stays above it without. Null: nowhere, that replica stays.
  const Filling* taker(const Filling& giver, std::uint64_t size,
                       std::span<const catalogue::PoolId> holders) const;
  void moved(catalogue::PoolId from, catalogue::PoolId to, std::uint64_t size);
  // It has nothing that could go.
  void stuck(catalogue::PoolId pool);

 private:
  Filling* find(catalogue::PoolId pool);
  std::uint64_t excess_of(const Filling& pool) const;

  std::vector<Filling> pools_;
  std::vector<catalogue::PoolId> stuck_;
  const double within_;
  double mean_ = 0;
};

}  // namespace sluice::app
