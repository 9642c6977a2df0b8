// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/server_watch.h"

#include "xroot/client/api.h"
#include "xroot/client/course.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::xroot::client {

namespace {

// False: it is over. A connection that was cut needs a minute until the kernel sends again: whoever did not answer is asked over
// a new one.
asio::awaitable<bool> ask_until_silent(std::shared_ptr<WatchedServer> server, Duration every,
                                       std::string application) {
  ClientOptions options;
  options.timeouts.connect = Duration(2'000);
  options.timeouts.request = Duration(3'000);
  options.timeouts.recovery = Duration(0);
  options.app_name = std::move(application);
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool goes_on = true;
  co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    Client client(group, options);
    bool answers = true;
    while (goes_on && answers) {
      if (auto address = server->address()) {
        auto pong = co_await client.ping("root://" + to_text(*address));
        // Whoever refuses (it wants TLS, or to know who asks) is there.
        answers = pong.has_value() || !is_loss(pong.error().code);
        server->answered(answers);
      }
      pause.expires_after(every);
      if (auto [error] = co_await pause.async_wait(as_value); error) goes_on = false;
    }
  });
  co_return goes_on;
}

}  // namespace

asio::awaitable<void> watch_server(std::shared_ptr<WatchedServer> server, Duration every,
                                   std::string application) {
  while (co_await ask_until_silent(server, every, application)) {
  }
}

}  // namespace sluice::xroot::client
