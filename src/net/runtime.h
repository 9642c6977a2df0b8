// SPDX-License-Identifier: Apache-2.0
// The loops of the process with their threads, the pool for blocking work, and the order in which
// they stop.
#pragma once

#include "base/offload.h"
#include "net/config.h"
#include "net/loop.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace sluice::net {

class Runtime {
 public:
  explicit Runtime(const NetConfig& config);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  // Starts the threads of all loops but the first, which is the caller's: run() works on it until
  // stop().
  void run();
  // Ends run(); may be called from any thread.
  void stop();

  Loop& first() { return *loops_.front(); }
  // The loop for a new connection: all in turn, so that few connections spread evenly.
  Loop& next() { return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }
  std::vector<std::unique_ptr<Loop>>& loops() { return loops_; }
  BlockingPool& blocking() { return blocking_; }
  const Budget& budget() const { return budget_; }

  // Tells every loop to end its connections when their requests have ended, waits for that as long
  // as `deadline`, then closes what is left. Runs on the first loop.
  asio::awaitable<void> drain(Duration deadline);

 private:
  Budget budget_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> turn_{0};
  BlockingPool blocking_;
  BulkLane lane_;
};

}  // namespace sluice::net
