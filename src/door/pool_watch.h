// SPDX-License-Identifier: Apache-2.0
// Asks every pool again and again whether it answers: a heartbeat in the catalogue says that a pool lives some seconds too
// long, and clients that are sent to a dead one wait for minutes.
#pragma once

#include "base/task_group.h"
#include "door/config.h"
#include "door/pool_board.h"

namespace sluice::door {

class PoolWatch {
 public:
  PoolWatch(PoolBoard& board, const DoorConfig& config) : board_(board), config_(config) {}

  // Until it is cancelled.
  asio::awaitable<void> run();

 private:
  PoolBoard& board_;
  const DoorConfig& config_;
};

}  // namespace sluice::door
