// SPDX-License-Identifier: Apache-2.0
#include "pool/upkeep.h"

#include "base/offload.h"
#include "pool/comparison.h"
#include "pool/pool_log.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace sluice::pool {
namespace {

using catalogue::Replica;

constexpr std::size_t batch = 500;  // rows of the catalogue at a time

}  // namespace

Status Upkeep::begin() {
  auto& uploads = service_.catalogue.uploads();
  for (;;) {
    SLUICE_TRY(auto left, uploads.unfinished_on(service_.id, {}, batch));
    for (const catalogue::Entry& upload : left) {
      Status ended = uploads.abort(upload.id);
      if (!ended && ended.error().code != Errc::not_found) return ended;
      log.info("upload.given_up", {{"file", upload.id.number}, {"name", upload.name}});
    }
    if (left.size() < batch) break;
  }
  // Doors that look now know what room there is.
  return beat();
}

// Each duty at its own pace: whatever takes long must not keep the pool from saying that it lives.
asio::awaitable<void> Upkeep::run() {
  static constexpr std::array duties = {
      Duty{"heartbeat", &Upkeep::beat}, Duty{"deletions", &Upkeep::delete_replicas},
      Duty{"uploads", &Upkeep::renew_uploads}, Duty{"timeouts", &Upkeep::end_overdue}};
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    for (const Duty& duty : duties) group.spawn(repeat(&duty));
    group.spawn(fetch());
    group.spawn(scrubber_.run());
    // It may take long: not on the threads of what clients wait for.
    group.spawn(once(service_.checksum_pool, {"comparison", &Upkeep::compare}));
    co_return;
  });
}

asio::awaitable<void> Upkeep::once(BlockingPool& pool, Duty duty) {
  Status done = co_await offload(pool, [&] { return (this->*duty.task)(); });
  if (!done) log.warn("upkeep.failed", {{"duty", duty.name}, {"error", done.error().message()}});
}

asio::awaitable<void> Upkeep::repeat(const Duty* duty) {
  while (true) {
    co_await once(service_.blocking, *duty);
    if (!co_await pause()) co_return;
  }
}

asio::awaitable<void> Upkeep::fetch() {
  do co_await fetcher_.round();
  while (co_await pause());
}

// False: the server stops.
asio::awaitable<bool> Upkeep::pause() {
  asio::steady_timer timer(co_await asio::this_coro::executor, config_.heartbeat);
  auto [error] = co_await timer.async_wait(as_value);
  co_return !error;
}

Status Upkeep::end_overdue() {
  service_.movers.sweep();
  return {};
}

Status Upkeep::beat() {
  SLUICE_TRY(disk::Space space, service_.space());
  catalogue::PoolLoad load;
  load.total = space.total;
  load.free = space.free;
  load.reserved = service_.reservations.promised();
  for (const QueueInfo& queue : service_.movers.queues()) {
    load.movers += queue.active;
    load.queued += queue.waiting;
  }
  return service_.catalogue.pools().heartbeat(service_.id, load);
}

// Cached replicas go, the oldest first, from the high watermark down to the low one. What is being deleted already is gone
// before anybody looks again: this is one duty with the deletions.
Status Upkeep::make_room() {
  constexpr std::uint64_t percent = 100;
  SLUICE_TRY(disk::Space space, service_.space());
  const std::uint64_t used = space.total - std::min(space.free, space.total);
  const std::uint64_t part = space.total / percent;
  if (used < part * config_.high_watermark) return {};
  auto& replicas = service_.catalogue.replicas();
  SLUICE_TRY(auto cached, replicas.cached_on(service_.id, batch));
  std::uint64_t surplus = used - std::min(used, part * config_.low_watermark);
  for (const Replica& replica : cached) {
    if (surplus == 0) break;
    Status evicted = replicas.evict(replica.file, service_.id);
    // The last one of its file stays; others are no longer cached, or gone.
    if (!evicted && evicted.error().code != Errc::conflict &&
        evicted.error().code != Errc::not_found)
      return evicted;
    if (!evicted) continue;
    log.info("replica.evicted", {{"file", replica.file.number}, {"bytes", replica.size}});
    surplus -= std::min(surplus, replica.size);
  }
  return {};
}

Status Upkeep::delete_replicas() {
  constexpr Duration lease{60'000};
  SLUICE_CHECK(make_room());
  auto& replicas = service_.catalogue.replicas();
  for (;;) {
    SLUICE_TRY(auto doomed, replicas.claim_deletions(service_.id, batch, lease));
    for (const Replica& replica : doomed) {
      SLUICE_CHECK(service_.store.remove(replica.file));
      SLUICE_CHECK(replicas.forget(replica.file, service_.id));
    }
    if (doomed.size() < batch) return {};
  }
}

// Uploads that ended while the catalogue was away.
Status Upkeep::abort_owed() {
  Status all;
  for (FileId upload : service_.begun.take_owed()) {
    Status told = all ? service_.catalogue.uploads().abort(upload) : all;
    if (told || told.error().code == Errc::not_found) continue;
    service_.begun.owe_abort(upload);
    all = std::move(told);
  }
  return all;
}

Status Upkeep::renew_uploads() {
  SLUICE_CHECK(abort_owed());
  std::vector<FileId> active;
  for (const MoverInfo& mover : service_.movers.list())
    if (mover.request.writes) active.push_back({mover.request.file});
  if (active.empty()) return {};
  constexpr int beats = 20;  // that may be missed
  return service_.catalogue.uploads().renew(active, config_.heartbeat * beats);
}

Status Upkeep::compare() {
  SLUICE_CHECK(compare_with_catalogue(service_));
  return {};
}

}  // namespace sluice::pool
