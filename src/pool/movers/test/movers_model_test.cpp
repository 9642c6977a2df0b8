// SPDX-License-Identifier: Apache-2.0
// Random operations on Movers and on a model that is too simple to be wrong; both say the same after every step. The loop
// runs only now and then, so that places, kills and cancellations overtake each other.
#include "base/log.h"
#include "pool/movers/test/fixture.h"

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <tuple>
#include <vector>

namespace sluice::pool {
namespace {

constexpr std::size_t max_waiting = 5;
constexpr std::array<std::string_view, 2> queue_names{"q", "regular"};

enum class Now : std::uint8_t { waiting, granted, open, ended, failed };

struct ModelClient {
  std::size_t queue = 0;
  Now now = Now::waiting;
  bool is_cancelled = false;
  int ends = 0;
  Mover::Clock::time_point started{};
  Mover::Clock::time_point accessed{};

  bool is_active() const { return now == Now::granted || now == Now::open; }
};

class Model {
 public:
  std::vector<ModelClient> clients;
  std::array<QueueLimits, queue_names.size()> limits;

  std::size_t count(std::size_t queue, bool is_active) const {
    return static_cast<std::size_t>(std::ranges::count_if(clients, [&](const ModelClient& c) {
      return c.queue == queue && (is_active ? c.is_active() : c.now == Now::waiting);
    }));
  }

  void open(std::size_t queue) {
    run();
    ModelClient client{.queue = queue};
    bool is_full = count(queue, true) >= limits[queue].max_active;
    if (is_full && count(queue, false) >= max_waiting) client.now = Now::failed;
    clients.push_back(client);
    serve();
    run();
  }
  // The loop turns: who got a place sees it, who was cancelled goes.
  void run() {
    for (ModelClient& client : clients) {
      if (client.now == Now::granted) client.now = Now::open;
      if (client.now == Now::waiting && client.is_cancelled) client.now = Now::failed;
    }
  }
  void end(ModelClient& client) {
    if (client.now == Now::open) ++client.ends;
    client.now = client.now == Now::open ? Now::ended : Now::failed;
    serve();
  }
  void sweep() {
    auto now = ManualClock::now();
    std::vector<ModelClient*> overdue;
    for (ModelClient& client : clients) {
      const QueueLimits& limit = limits[client.queue];
      if (!client.is_active()) continue;
      bool is_idle =
          limit.idle_timeout > Duration(0) && now >= client.accessed + limit.idle_timeout;
      bool is_old =
          limit.total_timeout > Duration(0) && now >= client.started + limit.total_timeout;
      if (is_idle || is_old) overdue.push_back(&client);
    }
    for (ModelClient* client : overdue) end(*client);
  }
  void serve() {
    for (std::size_t queue = 0; queue < limits.size(); ++queue) {
      while (count(queue, true) < limits[queue].max_active && count(queue, false) > 0) {
        ModelClient& next = next_of(queue);
        next.now = Now::granted;
        next.started = next.accessed = ManualClock::now();
      }
    }
  }

 private:
  ModelClient& next_of(std::size_t queue) {
    auto waits = [&](const ModelClient& c) { return c.queue == queue && c.now == Now::waiting; };
    if (limits[queue].order == QueueOrder::fifo) return *std::ranges::find_if(clients, waits);
    return *std::find_if(clients.rbegin(), clients.rend(), waits);
  }
};

// The two side by side. A step is three random bytes: what, with whom, how much.
class Pair {
 public:
  Pair() {
    RC_ASSERT(movers_->create({std::string(queue_names[0]), {2, QueueOrder::lifo}}).has_value());
    RC_ASSERT(movers_->set_max_active(queue_names[1], 2).has_value());
    model_.limits[0] = {2, QueueOrder::lifo};
    model_.limits[1] = {2, QueueOrder::fifo};
  }

  using Step = std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>;
  void step(const Step& step) {
    auto [what, whom, much] = step;
    constexpr std::array actions = {&Pair::open,   &Pair::open, &Pair::close,       &Pair::close,
                                    &Pair::cancel, &Pair::kill, &Pair::change,      &Pair::run,
                                    &Pair::access, &Pair::pass, &Pair::set_timeouts};
    (this->*actions[what % actions.size()])(whom, much);
    compare();
  }

  void close_all() {
    run(0, 0);
    for (std::size_t i = 0; i < clients_.size(); ++i) close(i, 0);
    for (std::size_t queue = 0; queue < queue_names.size(); ++queue) {
      RC_ASSERT(movers_->set_max_active(queue_names[queue], 100).has_value());
      model_.limits[queue].max_active = 100;
    }
    model_.serve();
    run(0, 0);
    for (std::size_t i = 0; i < clients_.size(); ++i) close(i, 0);
    compare();
    RC_ASSERT(movers_->list().empty());
  }

 private:
  void open(std::size_t whom, std::size_t) {
    std::size_t queue = whom % queue_names.size();
    int* ends = &ends_.emplace_back(0);
    run(0, 0);
    clients_.emplace_back(*context_, *movers_,
                          MoverRequest{.file = static_cast<std::int64_t>(clients_.size()),
                                       .queue = std::string(queue_names[queue])},
                          [ends] { ++*ends; });
    run(0, 0);
    model_.open(queue);
  }
  void close(std::size_t whom, std::size_t) {
    if (clients_.empty()) return;
    std::size_t i = whom % clients_.size();
    if (!clients_[i].is_open()) return;
    clients_[i].close();
    ModelClient& client = model_.clients[i];
    client.now = Now::failed;
    model_.serve();
  }
  void cancel(std::size_t whom, std::size_t) {
    if (clients_.empty()) return;
    clients_[whom % clients_.size()].cancel();
    model_.clients[whom % clients_.size()].is_cancelled = true;
  }
  void kill(std::size_t whom, std::size_t) {
    std::vector<MoverInfo> all = movers_->list();
    if (all.empty()) return;
    const MoverInfo& mover = all[whom % all.size()];
    RC_ASSERT(movers_->kill(mover.id, "x").has_value());
    model_.end(model_.clients[static_cast<std::size_t>(mover.request.file)]);
  }
  void change(std::size_t whom, std::size_t much) {
    std::size_t queue = whom % queue_names.size();
    auto max_active = static_cast<std::uint32_t>(much % 4);
    QueueOrder order = much % 3 == 0 ? QueueOrder::lifo : QueueOrder::fifo;
    RC_ASSERT(movers_->set_order(queue_names[queue], order).has_value());
    RC_ASSERT(movers_->set_max_active(queue_names[queue], max_active).has_value());
    model_.limits[queue].order = order;
    model_.limits[queue].max_active = max_active;
    model_.serve();
  }
  void set_timeouts(std::size_t whom, std::size_t much) {
    std::size_t queue = whom % queue_names.size();
    auto idle = Duration(much % 7);
    auto total = Duration(much % 11);
    RC_ASSERT(movers_->set_timeouts(queue_names[queue], idle, total).has_value());
    model_.limits[queue].idle_timeout = idle;
    model_.limits[queue].total_timeout = total;
  }
  void access(std::size_t whom, std::size_t much) {
    if (clients_.empty()) return;
    std::size_t i = whom % clients_.size();
    if (!clients_[i].is_open()) return;
    clients_[i].mover().count(much);
    model_.clients[i].accessed = ManualClock::now();
  }
  void pass(std::size_t, std::size_t much) {
    ManualClock::advance(Duration(much % 5));
    movers_->sweep();
    model_.sweep();
  }
  void run(std::size_t, std::size_t) {
    context_->restart();
    context_->poll();
    model_.run();
  }

  void compare() const {
    std::vector<QueueInfo> queues = movers_->queues();
    for (std::size_t queue = 0; queue < queues.size(); ++queue) {
      RC_ASSERT(queues[queue].settings.name == queue_names[queue]);
      RC_ASSERT(queues[queue].active == model_.count(queue, true));
      RC_ASSERT(queues[queue].waiting == model_.count(queue, false));
    }
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      const Client& client = clients_[i];
      const ModelClient& model = model_.clients[i];
      bool is_open = model.now == Now::open || model.now == Now::ended;
      RC_ASSERT(client.is_open() == is_open);
      if (is_open) RC_ASSERT(client.mover().ended() == (model.now == Now::ended));
      RC_ASSERT(ends_[i] == model.ends);
    }
  }

  Metrics metrics_;
  std::deque<int> ends_;
  std::deque<Client> clients_;
  std::optional<asio::io_context> context_{1};
  std::shared_ptr<Movers> movers_ = std::make_shared<Movers>(
      MoverConfig{.max_waiting = max_waiting}, metrics_, &ManualClock::now);
  Model model_;
};

RC_GTEST_PROP(MoversModel, no_place_is_lost_or_given_twice,
              (const std::vector<Pair::Step>& steps)) {
  ASSERT_TRUE(configure_logging(LogFormat::logfmt, "warn"));
  Pair pair;
  for (const Pair::Step& step : steps) pair.step(step);
  pair.close_all();
  ASSERT_TRUE(configure_logging(LogFormat::logfmt, "info"));
}

}  // namespace
}  // namespace sluice::pool
