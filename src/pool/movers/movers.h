// SPDX-License-Identifier: Apache-2.0
// The movers of a pool and their named queues. Every open asks here for a place; a full queue makes it wait its turn.
//
//   SLUICE_CO_TRY(auto mover, co_await movers->admit(std::move(request), on_end));
//   ... mover->count(bytes) after each read or write; refuse with mover->why() once it has ended() ...
//   mover.reset();  // the place is free
//
// Thread-safe, used from all loops. One mutex over all queues: a place and its return take 0.35 us together, an open takes
// 10 us and more, and the path of bytes never sees the lock.
#pragma once

#include "base/metrics.h"
#include "base/result.h"
#include "pool/movers/config.h"
#include "pool/movers/mover.h"
#include "pool/movers/mover_queue.h"
#include "pool/movers/queue_settings.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::pool {

struct MoverInfo {
  MoverId id;
  bool is_active = false;  // else it waits
  MoverRequest request;
  std::uint64_t bytes = 0;
  Duration waited{};   // for its place
  Duration running{};  // since it has one
  Duration idle{};     // since the last access
};

struct QueueInfo {
  QueueSettings settings;
  std::size_t active = 0;
  std::size_t waiting = 0;
};

// Made with make_shared: its movers keep it.
class Movers : public std::enable_shared_from_this<Movers> {
 public:
  static constexpr std::size_t max_queues = 64;

  // With the queue `regular` and its default limits. `metrics` outlives the movers.
  Movers(const MoverConfig& config, Metrics& metrics, Mover::Now now = &coarse_now);

  // A mover with a place. Goes through without suspending when there is one, else waits on the caller's executor, which
  // runs on one thread; the caller sets a deadline if it wants one. Errc::overloaded: too many wait. Errc::cancelled:
  // killed while it waited, with the reason, or the caller was cancelled. `on_end` concerns movers that were returned.
  Task<std::shared_ptr<Mover>> admit(MoverRequest request, Mover::OnEnd on_end = {});

  // The same without waiting: null when there is no place.
  std::shared_ptr<Mover> admit_now(MoverRequest request);

  // Oldest first. Copies under the lock: for people, not for each request.
  std::vector<MoverInfo> list() const;
  // An active one is ended() and its place free at once; the admit() of a waiting one fails. Errc::not_found.
  Status kill(MoverId id, std::string_view reason);
  // Ends what is overdue. Once a second or so, from one place; costs next to nothing until something can be due.
  void sweep();

  // Queues. Errc::not_found names the queue; limits that allow more let the waiting in at once.
  Status create(const QueueSettings& queue);
  // Makes or changes a queue to be exactly this, as for those kept since the last start.
  Status put(const QueueSettings& queue);
  // Only when nobody is in it, and never `regular`.
  Status remove(std::string_view queue);
  Status set_max_active(std::string_view queue, std::uint32_t max_active);
  Status set_order(std::string_view queue, QueueOrder order);
  Status set_timeouts(std::string_view queue, Duration idle, Duration total);
  std::vector<QueueInfo> queues() const;

 private:
  friend Mover;
  class Endings;

  using Clock = Mover::Clock;
  using Wake = Mover::Wake;

  Task<std::shared_ptr<Mover>> find_place(std::shared_ptr<Mover> mover);
  Result<std::shared_ptr<Wake>> enter(Mover& mover, const asio::any_io_executor& executor);
  Status take_up(Mover& mover);
  void leave(Mover& mover);

  template <class Change>
  Status change(std::string_view queue, Change change);

  // With the lock held.
  MoverQueue& queue_for(std::string_view name);
  void begin(Mover& mover, const MoverQueue& queue);
  void serve(MoverQueue& queue);
  void end(Mover& mover, EndedBy by, std::string_view why, Endings& endings);
  static void wake(Mover& mover);
  static MoverInfo info_of(const Mover& mover, bool is_active, Clock::time_point now);

  const std::size_t max_waiting_;
  Metrics& metrics_;
  const Mover::Now now_;
  mutable std::mutex mutex_;
  std::map<std::string, MoverQueue, std::less<>> queues_;  // a node never moves
  MoverQueue* regular_ = nullptr;
  std::uint64_t last_id_ = 0;
};

}  // namespace sluice::pool
