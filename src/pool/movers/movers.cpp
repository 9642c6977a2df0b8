// SPDX-License-Identifier: Apache-2.0
// Every change of a queue happens under the lock and ends with serve(), so that nobody ever waits while there is room. A
// waiting admit() sleeps on a timer of its own that never fires; whoever gives it a place, or kills it, posts the
// cancellation of that timer to its executor. What it finds after waking, under the lock, says what happened: a place, an
// end, or nothing, which means that its own caller was cancelled. Any order of these three is therefore fine, and ~Mover
// gives back whatever it had.
//
// The post is made under the lock too: an admit() that its caller cancels at that moment then comes to its end, and its loop
// perhaps to its own, only after it.
#include "pool/movers/movers.h"

#include "base/must_not_throw.h"
#include "base/task_group.h"
#include "pool/movers/movers_log.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::pool {
namespace {

std::string why_overdue(const QueueLimits& limits, EndedBy by) {
  if (by == EndedBy::idle_timeout) {
    return "idle for more than " + sluice::to_text(limits.idle_timeout);
  }
  return "open for more than " + sluice::to_text(limits.total_timeout);
}

tl::unexpected<Error> no_queue(std::string_view name) {
  return fail(Errc::not_found, fmt::format("mover queue {}", name));
}

}  // namespace

// Who has to hear of an end. Declared before the lock is taken, it tells them after the release: writing the log may block,
// and an owner may drop its mover at once.
class Movers::Endings {
 public:
  Endings() = default;
  Endings(const Endings&) = delete;
  Endings& operator=(const Endings&) = delete;
  ~Endings() {
    must_not_throw([this] { std::ranges::for_each(all_, tell); });
  }

  void add(const Mover& mover, EndedBy by, Mover::OnEnd on_end) {
    all_.push_back({mover.id(), mover.request(), mover.why(), by, std::move(on_end)});
  }

 private:
  struct Ending {
    MoverId id;
    MoverRequest request;
    std::string why;
    EndedBy by;
    Mover::OnEnd on_end;
  };

  static void tell(const Ending& ending) {
    movers_log.info("mover.killed", {{"mover", ending.id.number},
                                     {"queue", ending.request.queue},
                                     {"by", ended_by_names.at(static_cast<std::size_t>(ending.by))},
                                     {"why", ending.why},
                                     {"path", ending.request.path},
                                     {"user", ending.request.user},
                                     {"client", ending.request.client}});
    if (ending.on_end) ending.on_end();
  }

  std::vector<Ending> all_;
};

Movers::Movers(const MoverConfig& config, Metrics& metrics, Mover::Now now)
    : max_waiting_(config.max_waiting), metrics_(metrics), now_(now) {
  std::string name(regular_queue);
  regular_ = &queues_.try_emplace(name, QueueSettings{name, {}}, metrics_).first->second;
}

// Not a coroutine itself, which would move the texts of the request twice more.
Task<std::shared_ptr<Mover>> Movers::admit(MoverRequest request, Mover::OnEnd on_end) {
  return find_place(
      std::make_shared<Mover>(shared_from_this(), std::move(request), std::move(on_end)));
}

Task<std::shared_ptr<Mover>> Movers::find_place(std::shared_ptr<Mover> mover) {
  auto executor = co_await asio::this_coro::executor;
  SLUICE_CO_TRY(std::shared_ptr<Wake> wake, enter(*mover, executor));
  if (!wake) co_return mover;
  co_await wake->async_wait(as_value);
  SLUICE_CO_CHECK(take_up(*mover));
  co_return mover;
}

std::shared_ptr<Mover> Movers::admit_now(MoverRequest request) {
  auto mover = std::make_shared<Mover>(shared_from_this(), std::move(request), Mover::OnEnd());
  std::lock_guard lock(mutex_);
  MoverQueue& queue = queue_for(mover->request_.queue);
  if (!queue.has_room()) return nullptr;
  begin(*mover, queue);
  queue.activate(*mover, Mover::State::active, mover->asked_);
  return mover;
}

void Movers::begin(Mover& mover, const MoverQueue& queue) {
  mover.request_.queue = queue.name();
  mover.id_ = MoverId{++last_id_};
  mover.asked_ = now_();
}

// Nothing to wait for, or what wakes the caller.
Result<std::shared_ptr<Movers::Wake>> Movers::enter(Mover& mover,
                                                    const asio::any_io_executor& executor) {
  std::lock_guard lock(mutex_);
  MoverQueue& queue = queue_for(mover.request_.queue);
  begin(mover, queue);
  if (queue.has_room()) {
    queue.activate(mover, Mover::State::active, mover.asked_);
    return std::shared_ptr<Wake>();
  }
  if (queue.waiting() >= max_waiting_) {
    queue.count_refused();
    return fail(Errc::overloaded,
                fmt::format("{} opens wait in mover queue {}", queue.waiting(), queue.name()));
  }
  auto wake = std::make_shared<Wake>(executor, Wake::time_point::max());
  queue.park(mover, wake);
  return wake;
}

// What became of a mover while its admit() waited.
Status Movers::take_up(Mover& mover) {
  std::lock_guard lock(mutex_);
  if (mover.state_ == Mover::State::granted) {
    mover.state_ = Mover::State::active;
    return {};
  }
  if (mover.ended()) return fail(Errc::cancelled, mover.why());
  return fail(Errc::cancelled, "the open was given up in mover queue " + mover.request_.queue);
}

void Movers::leave(Mover& mover) {
  std::lock_guard lock(mutex_);
  if (mover.state_ == Mover::State::outside) return;
  MoverQueue& queue = *mover.queue_;
  queue.drop(mover);
  serve(queue);
}

void Movers::serve(MoverQueue& queue) {
  while (Mover* next = queue.take_next()) {
    queue.activate(*next, Mover::State::granted, now_());
    wake(*next);
  }
}

void Movers::wake(Mover& mover) {
  auto timer = std::exchange(mover.wake_, nullptr);
  auto executor = timer->get_executor();
  // There, because a timer is used by the thread of its executor alone.
  asio::post(executor, [timer = std::move(timer)] { timer->cancel(); });
}

void Movers::end(Mover& mover, EndedBy by, std::string_view why, Endings& endings) {
  MoverQueue& queue = *mover.queue_;
  bool has_owner = mover.state_ == Mover::State::active;
  queue.count_ended(by);
  queue.drop(mover);
  mover.why_ = why;
  mover.ended_.store(true, std::memory_order_release);
  endings.add(mover, by, has_owner ? std::exchange(mover.on_end_, {}) : Mover::OnEnd());
  if (mover.wake_) wake(mover);
  serve(queue);
}

Status Movers::kill(MoverId id, std::string_view reason) {
  Endings endings;
  std::lock_guard lock(mutex_);
  for (auto& [name, queue] : queues_) {
    Mover* mover = queue.find(id);
    if (mover == nullptr) continue;
    end(*mover, EndedBy::kill, reason.empty() ? "killed" : reason, endings);
    return {};
  }
  return fail(Errc::not_found, fmt::format("mover {}", id.number));
}

void Movers::sweep() {
  Endings endings;
  std::lock_guard lock(mutex_);
  Clock::time_point now = now_();
  for (auto& [name, queue] : queues_) {
    for (auto [mover, by] : queue.overdue(now)) {
      end(*mover, by, why_overdue(queue.settings().limits, by), endings);
    }
  }
}

std::vector<MoverInfo> Movers::list() const {
  std::vector<MoverInfo> all;
  {
    std::lock_guard lock(mutex_);
    Clock::time_point now = now_();
    std::size_t count = 0;
    for (const auto& [name, queue] : queues_) count += queue.active() + queue.waiting();
    all.reserve(count);
    for (const auto& [name, queue] : queues_) {
      queue.for_each([&](const Mover& mover, bool is_active) {
        all.push_back(info_of(mover, is_active, now));
      });
    }
  }
  std::ranges::sort(all, {}, &MoverInfo::id);
  return all;
}

MoverInfo Movers::info_of(const Mover& mover, bool is_active, Clock::time_point now) {
  using std::chrono::floor;
  MoverInfo info{mover.id_, is_active, mover.request_, mover.bytes()};
  info.waited = floor<Duration>((is_active ? mover.started_ : now) - mover.asked_);
  if (!is_active) return info;
  info.running = floor<Duration>(now - mover.started_);
  // It may have been used since `now` was read.
  Clock::time_point accessed = mover.accessed_.load(std::memory_order_relaxed);
  info.idle = floor<Duration>(now - std::min(now, accessed));
  return info;
}

MoverQueue& Movers::queue_for(std::string_view name) {
  auto found = queues_.find(name);
  return found == queues_.end() ? *regular_ : found->second;
}

Status Movers::create(const QueueSettings& queue) {
  SLUICE_CHECK(check(queue));
  std::lock_guard lock(mutex_);
  if (queues_.contains(queue.name)) return fail(Errc::exists, "mover queue " + queue.name);
  if (queues_.size() >= max_queues) {
    return fail(Errc::no_space,
                fmt::format("mover queue {}: there are {} already", queue.name, queues_.size()));
  }
  queues_.try_emplace(queue.name, queue, metrics_);
  return {};
}

Status Movers::remove(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto found = queues_.find(name);
  if (found == queues_.end()) return no_queue(name);
  MoverQueue& queue = found->second;
  if (&queue == regular_) {
    return fail(Errc::invalid_argument, fmt::format("mover queue {} has to stay", name));
  }
  if (queue.active() + queue.waiting() > 0) {
    return fail(Errc::exists, fmt::format("mover queue {} has {} movers and {} waiting opens", name,
                                          queue.active(), queue.waiting()));
  }
  queues_.erase(found);
  return {};
}

template <class Change>
Status Movers::change(std::string_view name, Change change) {
  std::lock_guard lock(mutex_);
  auto found = queues_.find(name);
  if (found == queues_.end()) return no_queue(name);
  MoverQueue& queue = found->second;
  QueueSettings settings = queue.settings();
  change(settings.limits);
  SLUICE_CHECK(check(settings));
  queue.set_limits(settings.limits);
  serve(queue);
  return {};
}

Status Movers::put(const QueueSettings& queue) {
  Status made = create(queue);
  if (made || made.error().code != Errc::exists) return made;
  return change(queue.name, [&](QueueLimits& limits) { limits = queue.limits; });
}

Status Movers::set_max_active(std::string_view queue, std::uint32_t max_active) {
  return change(queue, [&](QueueLimits& limits) { limits.max_active = max_active; });
}

Status Movers::set_order(std::string_view queue, QueueOrder order) {
  return change(queue, [&](QueueLimits& limits) { limits.order = order; });
}

Status Movers::set_timeouts(std::string_view queue, Duration idle, Duration total) {
  return change(queue, [&](QueueLimits& limits) {
    limits.idle_timeout = idle;
    limits.total_timeout = total;
  });
}

std::vector<QueueInfo> Movers::queues() const {
  std::lock_guard lock(mutex_);
  std::vector<QueueInfo> all;
  all.reserve(queues_.size());
  for (const auto& [name, queue] : queues_) {
    all.push_back({queue.settings(), queue.active(), queue.waiting()});
  }
  return all;
}

}  // namespace sluice::pool
