// SPDX-License-Identifier: Apache-2.0
// Sees to it that files have as many copies as their storage class wants: gives pools replicas to fetch where there are too
// few, and lets draining pools go of theirs once others have enough.
#pragma once

#include "catalogue/api.h"
#include "door/pool_board.h"

#include <chrono>
#include <set>

namespace sluice::door {

class CopyCare {
 public:
  // `lost_after`: a pool that is silent for so long does not count any more.
  CopyCare(catalogue::Catalogue& catalogue, Duration lost_after)
      : catalogue_(catalogue), lost_after_(lost_after) {}

  // Looks at what is due. Blocks.
  Status round(const PoolPicture& pools);

 private:
  // What the replicas of a file are worth.
  struct Count;

  Status notice_lost(const PoolPicture& pools);
  Result<bool> look_at(catalogue::FileId file, const PoolPicture& pools,
                       const catalogue::CopyRules& rules);
  bool is_lost(const PoolView& view) const;
  void tell_of_missing_pools(std::size_t files);
  Status add_copies(const catalogue::Entry& file, std::size_t missing, const PoolPicture& pools,
                    const std::vector<catalogue::Replica>& replicas);
  Status retire(catalogue::FileId file, const std::vector<catalogue::Replica>& replicas);

  catalogue::Catalogue& catalogue_;
  const Duration lost_after_;
  std::size_t without_pool_ = 0;  // files of this round that no pool can take a copy of
  std::chrono::steady_clock::time_point quiet_until_;
  std::set<std::int64_t> lost_;  // pools whose files were noted since they fell silent
};

}  // namespace sluice::door
