// SPDX-License-Identifier: Apache-2.0
#include "door/copy_care.h"

#include "door/door_log.h"

#include <algorithm>

namespace sluice::door {

using catalogue::CopyCheck;
using catalogue::PoolMode;
using catalogue::Replica;
using catalogue::ReplicaState;
namespace {

const PoolView* find_view(const PoolPicture& pools, catalogue::PoolId pool) {
  auto found = std::ranges::find(pools, pool, [](const auto& view) { return view->pool.id; });
  return found != pools.end() ? found->get() : nullptr;
}

}  // namespace

struct CopyCare::Count {
  std::size_t expected = 0;      // on their way to pools that stay
  std::vector<Replica> lasting;  // wanted, on pools that stay
  std::vector<Replica> cached;   // the same, as long as there is room
  std::vector<Replica> leaving;  // readable, but they or their pools shall become empty
  std::vector<Replica> broken;
};

bool CopyCare::is_lost(const PoolView& view) const {
  auto silent = std::chrono::nanoseconds(catalogue::system_clock_ns() - view.pool.heartbeat_ns);
  return silent > lost_after_;
}

Result<std::vector<CopyCheck>> CopyCare::claim() {
  constexpr std::size_t batch = 100;
  // Longer than a fetch that was just given takes to begin: until then nobody needs to look again.
  constexpr Duration lease{60'000};
  return catalogue_.copies().claim(batch, lease);
}

Status CopyCare::round(std::span<const CopyCheck> due, const PoolPicture& pools) {
  SLUICE_CHECK(notice_lost(pools));
  SLUICE_CHECK(notice_draining(pools));
  if (due.empty()) return {};
  SLUICE_TRY(auto rules, catalogue_.copies().rules());
  without_pool_ = 0;
  for (const CopyCheck& check : due) {
    SLUICE_TRY(bool settled, look_at(check, pools, rules));
    if (settled) SLUICE_CHECK(catalogue_.copies().done(check));
  }
  if (without_pool_ > 0) tell_of_missing_pools(without_pool_);
  return {};
}

// Files come round every few seconds, and a system with fewer pools than copies stays one.
void CopyCare::tell_of_missing_pools(std::size_t files) {
  const auto now = std::chrono::steady_clock::now();
  if (now < quiet_until_) return;
  quiet_until_ = now + std::chrono::minutes(1);
  log.warn("copies.no_pool", {{"files", files}});
}

// Files of a pool that fell silent for good must be looked at, once.
Status CopyCare::notice_lost(const PoolPicture& pools) {
  for (const auto& view : pools) {
    std::int64_t id = view->pool.id.number;
    if (!is_lost(*view)) {
      lost_.erase(id);
    } else if (lost_.insert(id).second) {
      log.warn("pool.lost", {{"pool", view->pool.name}});
      SLUICE_CHECK(catalogue_.copies().check_pool(view->pool.id));
    }
  }
  return {};
}

// Uploads that a door sent there before it knew end later, and nobody notes files that need one copy.
Status CopyCare::notice_draining(const PoolPicture& pools) {
  constexpr unsigned rounds_between = 60;
  constexpr std::size_t batch = 1000;
  if (rounds_++ % rounds_between != 0) return {};
  for (const auto& view : pools) {
    if (view->pool.mode == PoolMode::draining)
      SLUICE_CHECK(catalogue_.copies().check_rest_of_pool(view->pool.id, batch));
  }
  return {};
}

CopyCare::Count CopyCare::count(const std::vector<Replica>& replicas,
                                const PoolPicture& pools) const {
  Count count;
  for (const Replica& replica : replicas) {
    auto view = find_view(pools, replica.pool);
    if (view == nullptr || is_lost(*view)) continue;
    const PoolMode mode = view->pool.mode;
    const bool stays = mode == PoolMode::enabled || mode == PoolMode::read_only;
    if (replica.state == ReplicaState::created && stays) ++count.expected;
    if (replica.state == ReplicaState::broken) count.broken.push_back(replica);
    if (!is_readable(replica.state) || mode == PoolMode::disabled) continue;
    auto& kind = !stays || replica.leaving               ? count.leaving
                 : replica.state == ReplicaState::cached ? count.cached
                                                         : count.lasting;
    kind.push_back(replica);
  }
  return count;
}

// True: as it should be. False: look again later.
Result<bool> CopyCare::look_at(const CopyCheck& check, const PoolPicture& pools,
                               const catalogue::CopyRules& rules) {
  auto entry = catalogue_.names().stat(check.file);
  if (!entry && entry.error().code == Errc::not_found) return true;  // removed meanwhile
  if (!entry) return tl::unexpected<Error>(std::move(entry).error());
  SLUICE_TRY(auto replicas, catalogue_.replicas().of_file(check.file));
  Count found = count(replicas, pools);
  auto rule = rules.find(entry->storage_class);
  const std::size_t wanted = rule != rules.end() ? rule->second : 1;
  SLUICE_CHECK(promote(found, wanted));
  if (found.lasting.size() >= wanted) {
    SLUICE_CHECK(retire(found.leaving));
    SLUICE_CHECK(retire(found.broken));
    SLUICE_CHECK(demote(found, wanted, pools));
    return true;
  }
  if (found.lasting.empty() && found.leaving.empty()) return false;  // nothing to copy from
  const std::size_t coming = found.lasting.size() + found.expected;
  if (coming >= wanted) return false;
  SLUICE_TRY(const bool found_all, add_copies(check, *entry, wanted - coming, pools, replicas));
  // No other pool: the one with the broken replica may fetch a good one when it has let go of that.
  if (!found_all && !found.lasting.empty()) SLUICE_CHECK(retire(found.broken));
  return false;
}

// What was kept because there was room counts as soon as it is needed.
Status CopyCare::promote(Count& count, std::size_t wanted) {
  for (; count.lasting.size() < wanted && !count.cached.empty(); count.cached.pop_back()) {
    const Replica& replica = count.cached.back();
    SLUICE_CHECK(catalogue_.replicas().set_state(replica.file, replica.pool, ReplicaState::online));
    count.lasting.push_back(replica);
  }
  return {};
}

// Only while every pool that has one answers: who knows whether the others come back.
Status CopyCare::demote(const Count& count, std::size_t wanted, const PoolPicture& pools) {
  std::vector<const PoolView*> views;
  for (const Replica& replica : count.lasting) {
    const PoolView* view = find_view(pools, replica.pool);
    if (!view->is_online()) return {};
    if (replica.state == ReplicaState::online) views.push_back(view);
  }
  // First where space is short.
  std::ranges::sort(views, {}, [](const PoolView* view) { return view->pool.load.free; });
  std::size_t surplus = count.lasting.size() - wanted;
  for (const PoolView* view : views) {
    if (surplus-- == 0) break;
    SLUICE_CHECK(catalogue_.replicas().set_state(count.lasting.front().file, view->pool.id,
                                                 ReplicaState::cached));
  }
  return {};
}

// Whether there were pools enough.
Result<bool> CopyCare::add_copies(const CopyCheck& check, const catalogue::Entry& file,
                                  std::size_t missing, const PoolPicture& pools,
                                  const std::vector<Replica>& replicas) {
  std::vector<std::int64_t> excluded;
  for (const Replica& replica : replicas) excluded.push_back(replica.pool.number);
  for (; missing > 0; --missing) {
    SLUICE_TRY(auto pool, choose(file, pools, excluded));
    if (!pool) {
      ++without_pool_;
      // A pool that is only restarted is back sooner than the lease ends.
      SLUICE_CHECK(catalogue_.copies().put_off(check, Duration(5'000)));
      return false;
    }
    excluded.push_back(pool->pool.id.number);
    Status added = catalogue_.replicas().add(check.file, pool->pool.id);
    if (!added && added.error().code != Errc::exists && added.error().code != Errc::not_found)
      return tl::unexpected<Error>(std::move(added).error());
  }
  return true;
}

// As an operator wants it: copies go where uploads of the same file would.
Result<std::shared_ptr<const PoolView>> CopyCare::choose(const catalogue::Entry& file,
                                                         const PoolPicture& pools,
                                                         std::span<const std::int64_t> excluded) {
  std::string path;
  if (!selection_.is_empty()) {
    SLUICE_TRY(path, catalogue_.names().path_of(file.id));
  }
  const Wish wish{true, path, file.storage_class, {}};
  return selection_.choose(pools, wish, excluded, [&](std::span<const std::int64_t> without) {
    return choose_for_writing(pools, file.size, without);
  });
}

// It will be one too many: what is not needed any more becomes cached.
Status CopyCare::relieve(catalogue::FileId file, const PoolPicture& pools) {
  // Twice as much, and some: what a pool does in a moment is no reason to copy a file.
  constexpr std::uint64_t some = 8;
  auto entry = catalogue_.names().stat(file);
  if (!entry && entry.error().code == Errc::not_found) return {};
  if (!entry) return tl::unexpected<Error>(std::move(entry).error());
  SLUICE_TRY(auto replicas, catalogue_.replicas().of_file(file));
  std::vector<std::int64_t> excluded;
  std::uint64_t least = UINT64_MAX;
  for (const Replica& replica : replicas) {
    if (replica.state == ReplicaState::created) return {};  // one is coming already
    const PoolView* view = find_view(pools, replica.pool);
    if (view != nullptr && view->is_online() && is_readable(replica.state))
      least = std::min(least, load_of(*view));
    excluded.push_back(replica.pool.number);
  }
  SLUICE_TRY(auto pool, choose(*entry, pools, excluded));
  if (!pool || least == UINT64_MAX || 2 * load_of(*pool) + some > least) return {};
  log.info("copies.hot", {{"file", file.number}, {"pool", pool->pool.name}});
  Status added = catalogue_.replicas().add(file, pool->pool.id);
  return !added && added.error().code == Errc::exists ? Status() : added;
}

Status CopyCare::retire(const std::vector<Replica>& replicas) {
  for (const Replica& replica : replicas) {
    Status retired =
        catalogue_.replicas().retire(replica.file, replica.pool, catalogue::Last::stays);
    if (!retired && retired.error().code != Errc::not_found &&
        retired.error().code != Errc::conflict)
      return retired;
  }
  return {};
}

}  // namespace sluice::door
