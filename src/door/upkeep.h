// SPDX-License-Identifier: Apache-2.0
// What a door does besides answering: looks which pools there are, and ends uploads whose clients never came to the pool.
#pragma once

#include "base/offload.h"
#include "base/task_group.h"
#include "catalogue/api.h"
#include "door/config.h"
#include "door/copy_care.h"
#include "door/door_service.h"
#include "door/pool_board.h"

namespace sluice::door {

class Upkeep {
 public:
  // All of it outlives the object.
  Upkeep(catalogue::Catalogue& catalogue, PoolBoard& board, const DoorService& service,
         BlockingPool& blocking)
      : catalogue_(catalogue),
        board_(board),
        hot_(service.hot),
        blocking_(blocking),
        config_(service.settings),
        copies_(catalogue, service.selection, config_.lost_after) {}

  // The first look at the pools. Blocks.
  Status begin() { return look(); }

  // Until it is cancelled.
  asio::awaitable<void> run();

 private:
  Status look();
  Status care();
  Status care_for_hot();
  Status sweep();

  catalogue::Catalogue& catalogue_;
  PoolBoard& board_;
  HotFiles& hot_;
  BlockingPool& blocking_;
  const DoorConfig& config_;
  CopyCare copies_;
  std::chrono::steady_clock::time_point counted_since_ = std::chrono::steady_clock::now();
};

}  // namespace sluice::door
