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
      SLUICE_CHECK(care());
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

Status Upkeep::care() {
  SLUICE_TRY(auto due, copies_.claim());
  // What noted a file may be newer than the last look.
  if (!due.empty()) SLUICE_CHECK(look());
  const auto picture = board_.picture();
  SLUICE_CHECK(copies_.round(due, *picture));
  return care_for_hot();
}

Status Upkeep::care_for_hot() {
  const auto picture = board_.picture();
  for (catalogue::FileId file : hot_.take()) SLUICE_CHECK(copies_.relieve(file, *picture));
  const auto now = std::chrono::steady_clock::now();
  if (now < counted_since_ + std::chrono::minutes(1)) return {};
  counted_since_ = now;
  hot_.forget();
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
