// SPDX-License-Identifier: Apache-2.0
#include "net/notify.h"

#include "base/task_group.h"

#include <boost/asio/steady_timer.hpp>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace sluice::net {
namespace {

// Lines are separated by line feeds, so a text must not bring any.
std::string status_line(std::string_view status) {
  std::string line = "STATUS=";
  line.append(status);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

void notify(const std::string& message) { ::sd_notify(0, message.c_str()); }

}  // namespace

void notify_ready(std::string_view status) { notify("READY=1\n" + status_line(status)); }

void notify_stopping() { notify("STOPPING=1\n" + status_line("stopping")); }

void notify_status(std::string_view status) { notify(status_line(status)); }

asio::awaitable<void> feed_watchdog() {
  std::uint64_t limit_us = 0;
  if (::sd_watchdog_enabled(0, &limit_us) <= 0 || limit_us == 0) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    notify("WATCHDOG=1");
    timer.expires_after(std::chrono::microseconds(limit_us / 2));
    auto [error] = co_await timer.async_wait(as_value);
    if (error) co_return;
  }
}

}  // namespace sluice::net
