// SPDX-License-Identifier: Apache-2.0
// One event loop: an io_context with a thread of its own, and the buffers that every connection of
// the loop works in. A connection lives and dies on one loop, so nothing here is locked; other
// threads reach a loop by posting to it. The buffers may be used only between two suspension
// points: whoever awaits gives them up.
#pragma once

#include "base/offload.h"
#include "base/task_group.h"
#include "net/budget.h"
#include "net/bulk_lane.h"
#include "net/workspace.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

namespace sluice::net {

// A connection as its loop sees it: looked at twice a second, so that waiting costs no timer per
// operation.
class Watched {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~Watched() = default;
  // Twice a second on the loop: the place for deadlines.
  virtual void tick(Clock::time_point now) = 0;
  // The process wants to stop: end when the running requests have ended.
  virtual void drain() = 0;
  // End now.
  virtual void expire() = 0;
};

class Loop {
 public:
  // `budget` and `lane` are shared by all loops and outlive them; without a lane all work is done
  // here.
  Loop(std::size_t index, Budget& budget, BulkLane* lane = nullptr);

  asio::io_context& context() { return context_; }
  std::size_t index() const { return index_; }
  Budget& budget() { return *budget_; }

  ByteSpan in() { return workspace_.in(); }
  ByteSpan out() { return workspace_.out(); }

  // Runs `function(Workspace&)`, which moves a piece of bulk data and returns a Result: here, or on the lane while small
  // requests are about, or in `elsewhere`. What it refers to may be used by nobody else meanwhile.
  template <class Function, class R = std::invoke_result_t<Function, Workspace&>>
  asio::awaitable<R> bulk(Function function, BlockingPool* elsewhere = nullptr) {
    if (elsewhere == nullptr && lane_ != nullptr && lane_->is_needed()) elsewhere = &lane_->pool();
    if (elsewhere == nullptr) co_return function(workspace_);
    co_return co_await offload(*elsewhere, [&] { return function(Workspace::of_thread()); });
  }

  // A request was answered at once: others like it should not have to wait for bulk data.
  void note_small(BulkLane::Clock::time_point at) {
    if (lane_ != nullptr) lane_->note_small(at);
  }

  using Place = std::list<Watched*>::iterator;
  Place watch(Watched& object) { return watched_.insert(watched_.end(), &object); }
  void unwatch(Place place) { watched_.erase(place); }
  std::size_t watched() const { return watched_.size(); }

  // The time of the last tick: exact to half a second and free.
  Watched::Clock::time_point now() const { return now_; }

  bool draining() const { return draining_; }
  // From here on no connection starts another request.
  void drain();
  // Ends everything that is still there.
  void expire_all();

  // Ticks the connections; runs until the context stops.
  asio::awaitable<void> tick();

 private:
  std::size_t index_;
  Budget* budget_;
  // Sockets are used by this loop's thread alone; only posting and registering are guarded.
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  BulkLane* lane_;
  Workspace workspace_;
  std::list<Watched*> watched_;
  bool draining_ = false;
  Watched::Clock::time_point now_ = Watched::Clock::now();
};

}  // namespace sluice::net
