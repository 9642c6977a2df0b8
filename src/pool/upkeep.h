// SPDX-License-Identifier: Apache-2.0
// What a pool does besides serving: tells the catalogue that it lives, deletes what the catalogue gave it to delete, keeps
// its uploads from expiring, fetches and scrubs replicas, and compares its disk with the catalogue when it starts.
#pragma once

#include "base/task_group.h"
#include "pool/fetcher.h"
#include "pool/pool_service.h"
#include "pool/scrubber.h"

#include <vector>

namespace sluice::pool {

class Upkeep {
 public:
  Upkeep(PoolService& service, PoolConfig config, Metrics& metrics)
      : service_(service),
        config_(std::move(config)),
        fetcher_(service),
        scrubber_(service, config_, metrics) {}

  // Gives the uploads up that the last run did not finish: nobody can continue them. Tells of the pool. Blocks; before the
  // first client.
  Status begin();

  // Until it is cancelled.
  asio::awaitable<void> run();

  Scrubber& scrubber() { return scrubber_; }

 private:
  struct Duty {
    const char* name;
    Status (Upkeep::*task)();
  };

  asio::awaitable<void> once(BlockingPool& pool, Duty duty);
  asio::awaitable<void> repeat(const Duty* duty);
  asio::awaitable<void> fetch();
  asio::awaitable<bool> pause();

  Status beat();
  Status make_room();
  Status delete_replicas();
  Status abort_owed();
  Status renew_uploads();
  Status end_overdue();
  Status compare();

  PoolService& service_;
  const PoolConfig config_;
  Fetcher fetcher_;
  Scrubber scrubber_;
};

}  // namespace sluice::pool
