// SPDX-License-Identifier: Apache-2.0
// One named queue of Movers: who has a place, who waits, whose turn it is, and what is overdue. Used under the lock of
// Movers; owns no mover.
#pragma once

#include "base/metrics.h"
#include "pool/movers/mover.h"
#include "pool/movers/queue_settings.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::pool {

enum class EndedBy : std::uint8_t { kill, idle_timeout, total_timeout };
constexpr std::array<std::string_view, 3> ended_by_names{"kill", "idle_timeout", "total_timeout"};

class MoverQueue {
 public:
  using Clock = Mover::Clock;

  MoverQueue(QueueSettings settings, Metrics& metrics);

  const std::string& name() const { return settings_.name; }
  const QueueSettings& settings() const { return settings_; }
  void set_limits(const QueueLimits& limits);

  std::size_t active() const { return active_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  bool has_room() const { return active_.size() < settings_.limits.max_active; }

  // A mover without a place gets one, or waits for one. `state`: granted or active.
  void activate(Mover& mover, Mover::State state, Clock::time_point now);
  void park(Mover& mover, std::shared_ptr<Mover::Wake> wake);
  // The waiting mover whose turn it is, or nullptr without one or without room. It waits no longer: activate() it.
  Mover* take_next();
  // Takes a mover out for good.
  void drop(Mover& mover);

  struct Overdue {
    Mover* mover;
    EndedBy by;
  };
  // The active movers for which a timeout has passed.
  std::vector<Overdue> overdue(Clock::time_point now);

  Mover* find(MoverId id);
  template <class Function>
  void for_each(Function function) const {
    for (const Mover& mover : active_) function(mover, true);
    for (const Mover& mover : waiting_) function(mover, false);
  }

  void count_refused() { refused_->add(); }
  void count_ended(EndedBy by) { ended_[static_cast<std::size_t>(by)]->add(); }

 private:
  using List = boost::intrusive::list<Mover>;
  struct Due {
    Clock::time_point at;
    EndedBy by;
  };

  Due due_of(const Mover& mover) const;
  void publish();

  QueueSettings settings_;
  List active_;   // in the order in which they began
  List waiting_;  // in the order in which they came
  // Nothing is overdue before it: accesses only put the end off. So a sweep looks at movers now and then, not each time.
  Clock::time_point next_due_ = Clock::time_point::max();

  Gauge* active_gauge_;
  Gauge* waiting_gauge_;
  Histogram* waited_;
  Counter* refused_;
  std::array<Counter*, ended_by_names.size()> ended_{};
};

}  // namespace sluice::pool
