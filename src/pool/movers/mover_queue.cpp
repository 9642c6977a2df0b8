// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/mover_queue.h"

#include <algorithm>
#include <utility>

namespace sluice::pool {

MoverQueue::MoverQueue(QueueSettings settings, Metrics& metrics) : settings_(std::move(settings)) {
  std::string_view queue = settings_.name;
  active_gauge_ =
      &metrics.gauge("sluice_movers_active", "Movers that have a place.", {{"queue", queue}});
  waiting_gauge_ =
      &metrics.gauge("sluice_movers_waiting", "Opens that wait for a place.", {{"queue", queue}});
  waited_ = &metrics.histogram("sluice_movers_waited_seconds", "Time from an open to its place.",
                               {{"queue", queue}});
  refused_ = &metrics.counter("sluice_movers_refused_total", "Opens refused because too many wait.",
                              {{"queue", queue}});
  for (std::size_t by = 0; by < ended_by_names.size(); ++by) {
    ended_[by] = &metrics.counter("sluice_movers_killed_total",
                                  "Movers and waiting opens ended by an operator or a timeout.",
                                  {{"queue", queue}, {"by", ended_by_names[by]}});
  }
}

void MoverQueue::set_limits(const QueueLimits& limits) {
  settings_.limits = limits;
  next_due_ = Clock::time_point::min();  // the next sweep finds out
}

void MoverQueue::activate(Mover& mover, Mover::State state, Clock::time_point now) {
  mover.queue_ = this;
  mover.state_ = state;
  mover.started_ = now;
  mover.accessed_.store(now, std::memory_order_relaxed);
  active_.push_back(mover);
  next_due_ = std::min(next_due_, due_of(mover).at);
  waited_->observe_ns(static_cast<std::uint64_t>((now - mover.asked_).count()));
  publish();
}

void MoverQueue::park(Mover& mover, std::shared_ptr<Mover::Wake> wake) {
  mover.queue_ = this;
  mover.state_ = Mover::State::waiting;
  mover.wake_ = std::move(wake);
  waiting_.push_back(mover);
  publish();
}

Mover* MoverQueue::take_next() {
  if (!has_room() || waiting_.empty()) return nullptr;
  bool is_newest_first = settings_.limits.order == QueueOrder::lifo;
  Mover& next = is_newest_first ? waiting_.back() : waiting_.front();
  waiting_.erase(waiting_.iterator_to(next));
  return &next;
}

void MoverQueue::drop(Mover& mover) {
  List& list = mover.state_ == Mover::State::waiting ? waiting_ : active_;
  list.erase(list.iterator_to(mover));
  mover.queue_ = nullptr;
  mover.state_ = Mover::State::outside;
  publish();
}

std::vector<MoverQueue::Overdue> MoverQueue::overdue(Clock::time_point now) {
  std::vector<Overdue> found;
  if (now < next_due_) return found;
  next_due_ = Clock::time_point::max();
  for (Mover& mover : active_) {
    Due due = due_of(mover);
    if (due.at <= now) {
      found.push_back({&mover, due.by});
    } else {
      next_due_ = std::min(next_due_, due.at);
    }
  }
  return found;
}

Mover* MoverQueue::find(MoverId id) {
  for (List* list : {&active_, &waiting_}) {
    for (Mover& mover : *list) {
      if (mover.id() == id) return &mover;
    }
  }
  return nullptr;
}

MoverQueue::Due MoverQueue::due_of(const Mover& mover) const {
  const QueueLimits& limits = settings_.limits;
  Due due{Clock::time_point::max(), EndedBy::total_timeout};
  if (limits.total_timeout > Duration(0)) due.at = mover.started_ + limits.total_timeout;
  if (limits.idle_timeout == Duration(0)) return due;
  Clock::time_point idle = mover.accessed_.load(std::memory_order_relaxed) + limits.idle_timeout;
  return idle < due.at ? Due{idle, EndedBy::idle_timeout} : due;
}

void MoverQueue::publish() {
  active_gauge_->set(static_cast<std::int64_t>(active_.size()));
  waiting_gauge_->set(static_cast<std::int64_t>(waiting_.size()));
}

}  // namespace sluice::pool
