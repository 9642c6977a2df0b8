// SPDX-License-Identifier: Apache-2.0
#include "door/upkeep.h"

#include "door/door_log.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::door {

asio::awaitable<void> Upkeep::run() {
  constexpr int looks_per_sweep = 10;
  asio::steady_timer pause(co_await asio::this_coro::executor);
  bool was_told = false;
  for (int count = 0;; ++count) {
    pause.expires_after(config_.refresh);
    if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    Status done = co_await offload(blocking_, [&]() -> Status {
      SLUICE_CHECK(look());
      SLUICE_CHECK(copies_.round(*board_.picture()));
      return count % looks_per_sweep == 0 ? sweep() : Status();
    });
    // Once, not every second, while the catalogue is away.
    if (!done && !was_told) log.warn("upkeep.failed", {{"error", done.error().message()}});
    was_told = !done;
  }
}

Status Upkeep::look() {
  // The heartbeat is the pool's setting, which no door knows: the default three times, and some more for a slow catalogue.
  constexpr std::int64_t patience_ns = 20'000'000'000;
  SLUICE_TRY(auto pools, catalogue_.pools().list());
  board_.replace(picture_of(std::move(pools), catalogue::system_clock_ns(), patience_ns));
  return {};
}

Status Upkeep::sweep() {
  constexpr std::size_t batch = 200;
  SLUICE_TRY(auto abandoned, catalogue_.uploads().expired(batch));
  for (const catalogue::Entry& upload : abandoned) {
    Status ended = catalogue_.uploads().abort(upload.id);
    if (!ended && ended.error().code != Errc::not_found) return ended;
    log.info("upload.expired", {{"file", upload.id.number}, {"name", upload.name}});
  }
  return {};
}

}  // namespace sluice::door
