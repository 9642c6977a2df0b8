// SPDX-License-Identifier: Apache-2.0
#include "door/pool_watch.h"

#include "door/door_log.h"
#include "xroot/client/api.h"

#include <boost/asio/steady_timer.hpp>

#include <set>

namespace sluice::door {

// One coroutine per pool, so that one that hangs keeps nobody from asking the others.
asio::awaitable<void> PoolWatch::run() {
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    std::set<std::int64_t> asked;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
      auto picture = board_.picture();
      for (const auto& view : *picture)
        if (asked.insert(view->pool.id.number).second) group.spawn(ask(view));
      pause.expires_after(config_.refresh);
      if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    }
  });
}

asio::awaitable<void> PoolWatch::ask(std::shared_ptr<const PoolView> view) {
  Asked pool{view->pool.id, true};
  while (co_await ask_until_silent(&pool)) {
  }
}

// A connection that was cut needs a minute until the kernel sends again: who did not answer is asked over a new one. False: the
// door stops.
asio::awaitable<bool> PoolWatch::ask_until_silent(Asked* pool) {
  xroot::client::ClientOptions options;
  options.timeouts.connect = Duration(2'000);
  options.timeouts.request = Duration(3'000);
  options.timeouts.recovery = Duration(0);
  options.app_name = "sluice-door";
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool goes_on = true;
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    xroot::client::Client client(group, options);
    bool answers = true;
    while (goes_on && answers) {
      // It may have another address by now.
      if (auto view = board_.find(pool->id)) {
        answers = (co_await client.ping("root://" + to_text(view->address))).has_value();
        note(pool, *view, answers);
      }
      pause.expires_after(config_.refresh);
      if (auto [error] = co_await pause.async_wait(as_value); error) goes_on = false;
    }
  });
  co_return goes_on;
}

void PoolWatch::note(Asked* pool, const PoolView& view, bool answers) {
  if (answers != std::exchange(pool->answered, answers))
    log.warn(answers ? "pool.answers" : "pool.silent", {{"pool", view.pool.name}});
  board_.set_reachable(pool->id, answers);
}

}  // namespace sluice::door
