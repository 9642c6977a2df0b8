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
  xroot::client::ClientOptions options;
  options.timeouts.connect = Duration(2'000);
  options.timeouts.request = Duration(3'000);
  options.timeouts.recovery = Duration(0);
  options.app_name = "sluice-door";
  const catalogue::PoolId id = view->pool.id;
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool answered = true;
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    xroot::client::Client client(group, options);
    for (;;) {
      view = board_.find(id);  // it may have another address by now
      if (view) {
        auto time = co_await client.ping("root://" + to_text(view->address));
        if (time.has_value() != std::exchange(answered, time.has_value())) {
          log.warn(answered ? "pool.answers" : "pool.silent", {{"pool", view->pool.name}});
        }
        board_.set_reachable(id, answered);
      }
      pause.expires_after(config_.refresh);
      if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    }
  });
}

}  // namespace sluice::door
