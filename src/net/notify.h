// SPDX-License-Identifier: Apache-2.0
// What systemd is told about the service (sd_notify(3)). Without systemd every call does nothing.
#pragma once

#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace sluice::net {

// READY=1: the service accepts connections. `status` is the line of `systemctl status`.
void notify_ready(std::string_view status);
// STOPPING=1: from here on the unit's stop timeout counts.
void notify_stopping();
// STATUS=: one line about what the service is doing.
void notify_status(std::string_view status);

// Sends WATCHDOG=1 at half of WATCHDOG_USEC from the loop that it runs on, until it is cancelled: a
// loop that hangs is then noticed by systemd. Returns at once when the unit has no watchdog. Spawn
// it in a group of the loop.
asio::awaitable<void> feed_watchdog();

}  // namespace sluice::net
