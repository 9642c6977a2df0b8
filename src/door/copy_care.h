// SPDX-License-Identifier: Apache-2.0
// Sees to it that files have as many copies as their storage class wants: gives pools replicas to fetch where there are too
// few, lets those go that shall leave once others are enough, and makes what is too many cached ones, which pools drop when they
// need the space.
#pragma once

#include "catalogue/api.h"
#include "door/pool_board.h"
#include "door/selection.h"

#include <chrono>
#include <set>
#include <span>
#include <vector>

namespace sluice::door {

class CopyCare {
 public:
  // `lost_after`: a pool that is silent for so long does not count any more.
  CopyCare(catalogue::Catalogue& catalogue, const Selection& selection, Duration lost_after)
      : catalogue_(catalogue), selection_(selection), lost_after_(lost_after) {}

  // Files that are due, for round(). Blocks, like all of it.
  Result<std::vector<catalogue::CopyCheck>> claim();
  // `pools` were looked at after the files were claimed: what noted them is to be seen there.
  Status round(std::span<const catalogue::CopyCheck> due, const PoolPicture& pools);
  // Many read the file: another pool gets a copy, if one has much less to do than those that have it.
  Status relieve(catalogue::FileId file, const PoolPicture& pools);

 private:
  // What the replicas of a file are worth.
  struct Count;

  Status notice_lost(const PoolPicture& pools);
  Status notice_draining(const PoolPicture& pools);
  Result<bool> look_at(const catalogue::CopyCheck& check, const PoolPicture& pools,
                       const catalogue::CopyRules& rules);
  Count count(const std::vector<catalogue::Replica>& replicas, const PoolPicture& pools) const;
  bool is_lost(const PoolView& view) const;
  void tell_of_missing_pools(std::size_t files);
  Status promote(Count& count, std::size_t wanted);
  Status demote(const Count& count, std::size_t wanted, const PoolPicture& pools);
  Result<bool> add_copies(const catalogue::CopyCheck& check, const catalogue::Entry& file,
                          std::size_t missing, const PoolPicture& pools,
                          const std::vector<catalogue::Replica>& replicas);
  Result<std::shared_ptr<const PoolView>> choose(const catalogue::Entry& file,
                                                 const PoolPicture& pools,
                                                 std::span<const std::int64_t> excluded);
  Status retire(const std::vector<catalogue::Replica>& replicas);

  catalogue::Catalogue& catalogue_;
  const Selection& selection_;
  const Duration lost_after_;
  unsigned rounds_ = 0;
  std::size_t without_pool_ = 0;  // files of this round that no pool can take a copy of
  std::chrono::steady_clock::time_point quiet_until_;
  std::set<std::int64_t> lost_;  // pools whose files were noted since they fell silent
};

}  // namespace sluice::door
