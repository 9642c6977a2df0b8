// SPDX-License-Identifier: Apache-2.0
#include "door/pool_board.h"

#include "xroot/url.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace sluice::door {
namespace {

using catalogue::PoolMode;
using View = std::shared_ptr<const PoolView>;

bool is_excluded(const PoolView& view, std::span<const std::int64_t> excluded) {
  return std::ranges::find(excluded, view.pool.id.number) != excluded.end();
}

std::uint64_t room_of(const PoolView& view) {
  std::uint64_t taken = view.pool.load.reserved + view.promised.load(std::memory_order_relaxed);
  return view.pool.load.free > taken ? view.pool.load.free - taken : 0;
}

double random_share() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

std::uint64_t load_of(const PoolView& view) {
  const catalogue::PoolLoad& load = view.pool.load;
  return load.movers + 4 * load.queued + view.sent.load(std::memory_order_relaxed);
}

void PoolBoard::replace(PoolPicture picture) {
  std::lock_guard lock(mutex_);
  for (auto& view : picture) {
    auto& known = reachable_[view->pool.id];
    if (!known) known = std::make_shared<std::atomic<bool>>(true);
    view->reachable = known;
  }
  auto fresh = std::make_shared<const PoolPicture>(std::move(picture));
  picture_ = std::move(fresh);
}

std::shared_ptr<const PoolPicture> PoolBoard::picture() const {
  std::lock_guard lock(mutex_);
  return picture_;
}

View PoolBoard::find(catalogue::PoolId pool) const {
  auto all = picture();
  auto found = std::ranges::find(*all, pool, [](const auto& view) { return view->pool.id; });
  return found != all->end() ? *found : nullptr;
}

void PoolBoard::set_reachable(catalogue::PoolId pool, bool reachable) {
  std::lock_guard lock(mutex_);
  if (auto known = reachable_.find(pool); known != reachable_.end())
    known->second->store(reachable, std::memory_order_relaxed);
}

PoolPicture picture_of(std::vector<catalogue::Pool> pools, std::int64_t now_ns,
                       std::int64_t patience_ns) {
  PoolPicture picture;
  for (catalogue::Pool& pool : pools) {
    auto view = std::make_shared<PoolView>();
    view->is_fresh = pool.heartbeat_ns + patience_ns > now_ns;
    auto url = pool.addresses.empty() ? Result<xroot::Url>(fail(Errc::not_found))
                                      : xroot::Url::parse(pool.addresses.front());
    if (!url) continue;
    view->address = {url->host, url->port};
    view->has_tls = url->wants_tls();
    view->pool = std::move(pool);
    picture.push_back(std::move(view));
  }
  return picture;
}

View choose_for_reading(const PoolPicture& pools, std::span<const catalogue::Replica> replicas,
                        std::span<const std::int64_t> excluded) {
  View best;
  double best_score = 0;
  for (const auto& view : pools) {
    if (!view->is_online() || view->pool.mode == PoolMode::disabled || is_excluded(*view, excluded))
      continue;
    auto here = std::ranges::find(replicas, view->pool.id, &catalogue::Replica::pool);
    if (here == replicas.end() || !is_readable(here->state)) continue;
    double score = static_cast<double>(load_of(*view)) + random_share();
    if (!best || score < best_score) {
      best = view;
      best_score = score;
    }
  }
  if (best) best->sent.fetch_add(1, std::memory_order_relaxed);
  return best;
}

// The share of new files that a pool gets grows with its free space and shrinks with its load: each draws a number, and the
// weights bend the draw (Efraimidis and Spirakis).
View choose_for_writing(const PoolPicture& pools, std::uint64_t size,
                        std::span<const std::int64_t> excluded) {
  View best;
  double best_key = 0;
  for (const auto& view : pools) {
    std::uint64_t room = room_of(*view);
    if (!view->is_online() || view->pool.mode != PoolMode::enabled || room == 0 || room < size ||
        is_excluded(*view, excluded)) {
      continue;
    }
    double weight = static_cast<double>(room) / static_cast<double>(1 + load_of(*view));
    double key = std::log(random_share()) / weight;
    if (!best || key > best_key) {
      best = view;
      best_key = key;
    }
  }
  if (!best) return nullptr;
  best->sent.fetch_add(1, std::memory_order_relaxed);
  best->promised.fetch_add(size, std::memory_order_relaxed);
  return best;
}

std::vector<std::int64_t> pools_in_clear(const PoolPicture& pools) {
  std::vector<std::int64_t> ids;
  for (const auto& view : pools) {
    if (!view->has_tls) ids.push_back(view->pool.id.number);
  }
  return ids;
}

bool is_full(const PoolPicture& pools, std::span<const std::int64_t> excluded) {
  return std::ranges::any_of(pools, [&](const auto& view) {
    bool has_told = view->pool.load.total > 0;  // not right after it started
    return has_told && view->is_online() && view->pool.mode == PoolMode::enabled &&
           !is_excluded(*view, excluded);
  });
}

}  // namespace sluice::door
