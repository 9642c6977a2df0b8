// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/server_watch.h"

#include "xroot/client/api.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::xroot::client {

asio::awaitable<void> watch_server(std::shared_ptr<WatchedServer> server, Duration every,
                                   std::string application) {
  ClientOptions options;
  options.timeouts.connect = Duration(2'000);
  options.timeouts.request = Duration(3'000);
  options.timeouts.recovery = Duration(0);
  options.app_name = std::move(application);
  asio::steady_timer pause(co_await asio::this_coro::executor);
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Client client(group, options);
    for (;;) {
      if (auto address = server->address()) {
        auto time = co_await client.ping("root://" + to_text(*address));
        server->answered(time.has_value());
      }
      pause.expires_after(every);
      if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    }
  });
}

}  // namespace sluice::xroot::client
