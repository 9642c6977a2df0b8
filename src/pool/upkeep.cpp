// SPDX-License-Identifier: Apache-2.0
#include "pool/upkeep.h"

#include "base/offload.h"
#include "pool/pool_log.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace sluice::pool {
namespace {

using catalogue::Replica;
using catalogue::ReplicaState;

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
    if (left.size() < batch) return {};
  }
}

// Each duty at its own pace: whatever takes long must not keep the pool from saying that it lives.
asio::awaitable<void> Upkeep::run() {
  static constexpr std::array duties = {
      Duty{"heartbeat", &Upkeep::beat}, Duty{"deletions", &Upkeep::delete_replicas},
      Duty{"uploads", &Upkeep::renew_uploads}, Duty{"timeouts", &Upkeep::end_overdue}};
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    for (const Duty& duty : duties) group.spawn(repeat(&duty));
    group.spawn(fetch());
    group.spawn(once({"comparison", &Upkeep::compare}));
    co_return;
  });
}

asio::awaitable<void> Upkeep::once(Duty duty) {
  Status done = co_await offload(service_.blocking, [&] { return (this->*duty.task)(); });
  if (!done) log.warn("upkeep.failed", {{"duty", duty.name}, {"error", done.error().message()}});
}

asio::awaitable<void> Upkeep::repeat(const Duty* duty) {
  while (true) {
    co_await once(*duty);
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
  SLUICE_TRY(disk::Space space, service_.store.space());
  catalogue::PoolLoad load;
  load.total = space.total;
  load.free = space.free > config_.keep_free.count ? space.free - config_.keep_free.count : 0;
  for (const QueueInfo& queue : service_.movers.queues()) {
    load.movers += queue.active;
    load.queued += queue.waiting;
  }
  return service_.catalogue.pools().heartbeat(service_.id, load);
}

Status Upkeep::delete_replicas() {
  constexpr Duration lease{60'000};
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

// What the catalogue says is here must be here. What is here and not in the catalogue is only reported: a catalogue that was
// restored from an old copy must not cost anybody a file.
Status Upkeep::compare() {
  auto& replicas = service_.catalogue.replicas();
  std::size_t lost = 0;
  std::size_t strange = 0;
  for (FileId after;;) {
    SLUICE_TRY(auto page, replicas.of_pool(service_.id, after, batch));
    for (const Replica& replica : page) {
      bool was_broken = replica.state == ReplicaState::broken;
      if (!is_readable(replica.state) && !was_broken) continue;
      auto size = service_.store.size_of(replica.file);
      bool is_whole = size && *size == replica.size;
      if (is_whole && was_broken)
        (void)replicas.set_state(replica.file, service_.id, ReplicaState::online);
      bool is_gone = size || size.error().code == Errc::not_found;
      if (is_whole || was_broken || !is_gone) continue;
      // It may have been removed meanwhile, which is as good.
      Status marked = replicas.set_state(replica.file, service_.id, ReplicaState::broken);
      if (!marked) continue;
      log.error("replica.lost", {{"file", replica.file.number}});
      ++lost;
    }
    if (page.size() < batch) break;
    after = page.back().file;
  }
  SLUICE_CHECK(service_.store.visit([&](std::span<const FileId> ids) -> Status {
    if (ids.empty()) return {};
    std::vector<FileId> sorted(ids.begin(), ids.end());
    std::ranges::sort(sorted);
    FileId before{sorted.front().number - 1};
    // Ids of one folder are near each other: one page knows them all, deleted and foreign ones left out.
    SLUICE_TRY(auto page, replicas.of_pool(service_.id, before, catalogue::max_page));
    for (FileId id : sorted) {
      if (std::ranges::binary_search(page, id, {}, &Replica::file)) continue;
      log.warn("replica.unknown", {{"file", id.number}, {"path", replica_path(id)}});
      ++strange;
    }
    return {};
  }));
  log.info("pool.compared", {{"lost", lost}, {"unknown", strange}});
  return {};
}

}  // namespace sluice::pool
