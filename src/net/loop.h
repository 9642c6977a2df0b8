// SPDX-License-Identifier: Apache-2.0
// One event loop: an io_context with a thread of its own, and the buffers that every connection of
// the loop works in. A connection lives and dies on one loop, so nothing here is locked; other
// threads reach a loop by posting to it. The buffers may be used only between two suspension
// points: whoever awaits gives them up.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/task_group.h"
#include "net/budget.h"

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
  // The in buffer takes what one receive brings, the out buffer what is sent at once: both stay in
  // a core's second-level cache (1 MiB where this was measured). The pipe is for splice and holds
  // its default of 64 KiB or up to 1 MiB.
  static constexpr std::size_t in_size = 256 << 10;
  static constexpr std::size_t out_size = 288 << 10;

  // `budget` is shared by all loops and outlives them.
  Loop(std::size_t index, Budget& budget);

  asio::io_context& context() { return context_; }
  std::size_t index() const { return index_; }
  Budget& budget() { return *budget_; }

  ByteSpan in() { return {in_.get(), in_size}; }
  ByteSpan out() { return {out_.get(), out_size}; }

  // Both ends of the loop's pipe, empty whenever a coroutine is suspended.
  struct Pipe {
    Fd read, write;
    std::size_t capacity = 0;
  };
  Pipe& pipe() { return pipe_; }
  // A new pipe in place of one that could not be emptied.
  void renew_pipe();

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
  std::unique_ptr<std::byte[]> in_, out_;
  Pipe pipe_;
  std::list<Watched*> watched_;
  bool draining_ = false;
  Watched::Clock::time_point now_ = Watched::Clock::now();
};

}  // namespace sluice::net
