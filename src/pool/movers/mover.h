// SPDX-License-Identifier: Apache-2.0
// A mover: one open file of one client on this pool, to read or to upload. It has a place in a queue from the open on until
// its last owner lets go or somebody ends it. Thread-safe.
#pragma once

#include "base/units.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sluice::pool {

class Movers;
class MoverQueue;

// Never used twice while the program runs.
struct MoverId {
  std::uint64_t number = 0;
  friend auto operator<=>(const MoverId&, const MoverId&) = default;
};

// Who wants to do what with which file.
struct MoverRequest {
  std::int64_t file = 0;          // number of the catalogue's FileId
  std::string path = {};          // logical
  std::string user = {};          // whom the door recognised
  std::string client = {};        // where from, as the operator knows it
  std::string session = {};       // of the client here, as logs name it
  std::string door = {};          // that sent the client here
  std::string door_session = {};  // of the client there
  std::string application = {};   // as the client calls it
  bool writes = false;
  std::string queue = {};  // unknown or empty: regular
};

class Mover : public boost::intrusive::list_base_hook<> {
 public:
  using Clock = std::chrono::steady_clock;
  // What time it is; asked for every read and write.
  using Now = Clock::time_point (*)() noexcept;
  // Called once when the mover is ended, by the thread that ends it: before its owner has looked at it, or when it is gone
  // already. So it holds what it needs (weak_ptr, executor), posts, and must not throw.
  using OnEnd = std::function<void()>;

  // Movers::admit() makes them.
  Mover(std::shared_ptr<Movers> movers, MoverRequest&& request, OnEnd&& on_end);
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;
  // Frees the place in the queue for whoever waits.
  ~Mover();

  MoverId id() const { return id_; }
  // With the queue that it is in.
  const MoverRequest& request() const { return request_; }

  // After each read or write, with the bytes that it moved, perhaps none. Neither lock nor system call.
  void count(std::uint64_t bytes) noexcept {
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    accessed_.store(now_(), std::memory_order_relaxed);
  }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  // Killed or timed out: the data path refuses with why().
  bool ended() const noexcept { return ended_.load(std::memory_order_relaxed); }
  std::string why() const;

  // How long it waited for its place, and how long it has it.
  Duration waited() const;
  Duration running() const;

 private:
  friend Movers;
  friend MoverQueue;

  using Wake = boost::asio::steady_timer;  // of an admit() that waits; never fires, is cancelled
  // outside: refused, or ended. granted: it has a place that its admit() has not taken up yet.
  enum class State : std::uint8_t { outside, waiting, granted, active };

  // Shared, because sessions may be taken down after the service that admitted them.
  const std::shared_ptr<Movers> movers_;
  const Now now_;
  MoverRequest request_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<Clock::time_point> accessed_{};
  std::atomic<bool> ended_{false};

  // Guarded by the lock of Movers; fixed once the owner of the mover has it, apart from state_, on_end_ and why_.
  State state_ = State::outside;
  MoverQueue* queue_ = nullptr;
  std::shared_ptr<Wake> wake_;  // while waiting
  OnEnd on_end_;
  std::string why_;  // written before ended_ is set
  MoverId id_;
  Clock::time_point asked_;
  Clock::time_point started_;
};

// Exact to a tick of the kernel (1 to 10 ms), at a third of what steady_clock::now() costs and with the same epoch.
Mover::Clock::time_point coarse_now() noexcept;

}  // namespace sluice::pool
