// SPDX-License-Identifier: Apache-2.0
#include "door/copy_care.h"

#include "door/door_log.h"

#include <algorithm>

namespace sluice::door {

using catalogue::FileId;
using catalogue::PoolMode;
using catalogue::Replica;
using catalogue::ReplicaState;

struct CopyCare::Count {
  std::size_t lasting = 0;        // readable, on pools that stay
  std::size_t expected = 0;       // on their way to such pools
  std::vector<Replica> draining;  // readable, on pools that shall become empty
  std::vector<Replica> broken;
};

bool CopyCare::is_lost(const PoolView& view) const {
  auto silent = std::chrono::nanoseconds(catalogue::system_clock_ns() - view.pool.heartbeat_ns);
  return silent > lost_after_;
}

Status CopyCare::round(const PoolPicture& pools) {
  constexpr std::size_t batch = 100;
  // Longer than a fetch that was just given takes to begin: until then nobody needs to look again.
  constexpr Duration lease{60'000};
  SLUICE_CHECK(notice_lost(pools));
  SLUICE_TRY(auto due, catalogue_.copies().claim(batch, lease));
  if (due.empty()) return {};
  SLUICE_TRY(auto rules, catalogue_.copies().rules());
  without_pool_ = 0;
  for (FileId file : due) {
    SLUICE_TRY(bool settled, look_at(file, pools, rules));
    if (settled) SLUICE_CHECK(catalogue_.copies().done(file));
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

// True: as it should be. False: look again later.
Result<bool> CopyCare::look_at(FileId file, const PoolPicture& pools,
                               const catalogue::CopyRules& rules) {
  auto entry = catalogue_.names().stat(file);
  if (!entry && entry.error().code == Errc::not_found) return true;  // removed meanwhile
  if (!entry) return tl::unexpected<Error>(std::move(entry).error());
  SLUICE_TRY(auto replicas, catalogue_.replicas().of_file(file));
  Count count;
  for (const Replica& replica : replicas) {
    auto view = std::ranges::find(pools, replica.pool, [](const auto& v) { return v->pool.id; });
    if (view == pools.end() || is_lost(**view)) continue;
    PoolMode mode = (*view)->pool.mode;
    bool stays = mode == PoolMode::enabled || mode == PoolMode::read_only;
    if (replica.state == ReplicaState::created && stays) ++count.expected;
    if (replica.state == ReplicaState::broken) count.broken.push_back(replica);
    if (!is_readable(replica.state)) continue;
    if (mode == PoolMode::draining) count.draining.push_back(replica);
    if (stays) ++count.lasting;
  }
  auto rule = rules.find(entry->storage_class);
  std::size_t wanted = rule != rules.end() ? rule->second : 1;
  bool has_source = count.lasting > 0 || !count.draining.empty();
  if (count.lasting >= wanted) {
    SLUICE_CHECK(retire(file, count.draining));
    SLUICE_CHECK(retire(file, count.broken));
    return true;
  }
  if (!has_source) return false;
  if (count.lasting + count.expected < wanted)
    SLUICE_CHECK(add_copies(*entry, wanted - count.lasting - count.expected, pools, replicas));
  return false;
}

Status CopyCare::add_copies(const catalogue::Entry& file, std::size_t missing,
                            const PoolPicture& pools, const std::vector<Replica>& replicas) {
  std::vector<std::int64_t> excluded;
  for (const Replica& replica : replicas) excluded.push_back(replica.pool.number);
  for (; missing > 0; --missing) {
    auto pool = choose_for_writing(pools, file.size, excluded);
    if (!pool) {
      ++without_pool_;
      // A pool that is only restarted is back sooner than the lease ends.
      return catalogue_.copies().put_off(file.id, Duration(5'000));
    }
    excluded.push_back(pool->pool.id.number);
    Status added = catalogue_.replicas().add(file.id, pool->pool.id);
    if (!added && added.error().code != Errc::exists && added.error().code != Errc::not_found)
      return added;
  }
  return {};
}

Status CopyCare::retire(FileId file, const std::vector<Replica>& replicas) {
  for (const Replica& replica : replicas) {
    Status retired = catalogue_.replicas().retire(file, replica.pool, catalogue::Last::stays);
    if (!retired && retired.error().code != Errc::not_found &&
        retired.error().code != Errc::conflict)
      return retired;
  }
  return {};
}

}  // namespace sluice::door
