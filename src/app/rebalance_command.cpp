// SPDX-License-Identifier: Apache-2.0
// sluice pool rebalance: marks replicas of full pools to leave for emptier ones, a few at a time, and shows how they do.
#include "app/rebalance_command.h"

#include "app/moving.h"
#include "app/on_catalogue.h"
#include "app/rebalance.h"
#include "base/units.h"
#include "door/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace sluice::app {
namespace {

using catalogue::Catalogue;
using catalogue::FileId;
using catalogue::PoolId;
using catalogue::Replica;
using cli::Console;
using cli::JsonObject;

constexpr std::size_t most_on_the_way = 200;  // files
constexpr double percent = 100;

// Only pools that new files may go to take part.
Result<Balance> look_at(Catalogue& all, double within) {
  constexpr std::int64_t fresh_ns = 60'000'000'000;
  const std::int64_t now = catalogue::system_clock_ns();
  SLUICE_TRY(auto pools, all.pools().list());
  SLUICE_TRY(auto staying, all.replicas().staying());
  std::vector<Filling> fillings;
  for (const catalogue::Pool& pool : pools) {
    if (pool.mode != catalogue::PoolMode::enabled || pool.heartbeat_ns + fresh_ns < now) continue;
    const std::uint64_t room = pool.load.free - std::min(pool.load.free, pool.load.reserved);
    fillings.push_back({pool.id, pool.name, staying[pool.id].bytes, room});
  }
  return Balance(std::move(fillings), within);
}

class Rebalance final : public OnCatalogue {
 protected:
  void declare_more(cli::Options& options) override {
    options.value("--within", "PERCENT", within_,
                  "How far from the mean the share of a pool may be");
    options.flag("-n,--dry-run", dry_run_, "Only say how full the pools are and what is too much");
  }

  Status work(Catalogue& all, Console& console) override {
    SLUICE_TRY(selection_, door::Selection::parse(config.door.selection));
    SLUICE_TRY(pools_, all.pools().list());
    if (!(within_ > 0 && within_ <= percent))
      return fail(Errc::usage, "--within: more than 0, at most 100 percent");
    SLUICE_TRY(Balance balance, look_at(all, within_ / percent));
    if (balance.pools().size() < 2)
      return fail(Errc::usage, "fewer than two pools are enabled and tell of themselves");
    show(balance, console);
    if (dry_run_) return {};
    total_ = balance.excess();
    SLUICE_CHECK(move_all(all, balance, console));
    console.note(fmt::format("{} files moved, {}", marked_.files,
                             human_bytes(static_cast<double>(marked_.bytes))));
    return {};
  }

 private:
  static void show(const Balance& balance, Console& console) {
    for (const Filling& pool : balance.pools()) {
      if (console.json()) {
        console.line(JsonObject()
                         .add("pool", pool.name)
                         .add("stored", pool.stored)
                         .add("room", pool.room)
                         .add("share", pool.share()));
      } else {
        console.line(fmt::format("{:<20} {:>10} of {:>10} {:>6.1f} %", pool.name,
                                 human_bytes(static_cast<double>(pool.stored)),
                                 human_bytes(static_cast<double>(pool.stored + pool.room)),
                                 pool.share() * percent));
      }
    }
    console.note(fmt::format("together {:.1f} %; {} should move", balance.mean() * percent,
                             human_bytes(static_cast<double>(balance.excess()))));
  }

  Status move_all(Catalogue& all, Balance& balance, Console& console) {
    Moving moving(console, "rebalance");
    std::map<PoolId, FileId> seen;  // of each pool, how far
    while (const Filling* giver = balance.giver()) {
      const PoolId from = giver->pool;
      SLUICE_TRY(auto page, all.replicas().of_pool(from, seen[from], most_on_the_way / 2));
      if (page.empty()) {
        balance.stuck(from);
        continue;
      }
      seen[from] = page.back().file;
      for (const Replica& replica : page) SLUICE_CHECK(consider(all, balance, replica));
      SLUICE_CHECK(wait_until(all, moving, most_on_the_way / 2));
    }
    return wait_until(all, moving, 0);
  }

  // Whoever ends this between the two leaves a copy too many, which becomes a cached one.
  Status consider(Catalogue& all, Balance& balance, const Replica& replica) {
    const Filling* giver = balance.giver();
    const bool may_go = replica.state == catalogue::ReplicaState::online && !replica.leaving;
    if (giver == nullptr || giver->pool != replica.pool || !may_go) return {};
    SLUICE_TRY(auto replicas, all.replicas().of_file(replica.file));
    std::vector<PoolId> excluded;
    for (const Replica& one : replicas) excluded.push_back(one.pool);
    exclude_by_rules(all, replica.file, excluded);
    const Filling* taker = balance.taker(*giver, replica.size, excluded);
    if (taker == nullptr) return {};
    const PoolId to = taker->pool;
    Status marked = all.replicas().add(replica.file, to);
    if (marked) marked = all.replicas().leave(replica.file, replica.pool);
    if (!marked) return is_overtaken(marked.error().code) ? Status() : marked;
    balance.moved(replica.pool, to, replica.size);
    marked_.files += 1;
    marked_.bytes += replica.size;
    return {};
  }

  // Files stay among the pools of the first rule that concerns uploads to where they are.
  void exclude_by_rules(Catalogue& all, FileId file, std::vector<PoolId>& excluded) const {
    if (selection_.is_empty()) return;
    auto entry = all.names().stat(file);
    auto path = all.names().path_of(file);
    if (!entry || !path) return;  // removed meanwhile, which is noticed when it is marked
    const door::Wish wish{true, *path, entry->storage_class, {}};
    const auto rules = selection_.matching(wish);
    if (rules.empty()) return;
    for (const catalogue::Pool& pool : pools_)
      if (!rules.front()->takes(pool)) excluded.push_back(pool.id);
  }

  // Somebody removed or moved the file meanwhile.
  static bool is_overtaken(Errc code) {
    return code == Errc::not_found || code == Errc::exists || code == Errc::conflict;
  }

  // Until no more than `files` are on their way.
  Status wait_until(Catalogue& all, Moving& moving, std::uint64_t files) {
    for (;;) {
      SLUICE_TRY(const catalogue::Amount left, all.replicas().leaving());
      if (left.files <= files) return {};
      const catalogue::Amount moved{marked_.files - std::min(marked_.files, left.files),
                                    marked_.bytes - std::min(marked_.bytes, left.bytes)};
      SLUICE_CHECK(moving.wait(moved, {marked_.files, total_}));
    }
  }

  door::Selection selection_;
  std::vector<catalogue::Pool> pools_;
  double within_ = 5;
  bool dry_run_ = false;
  std::uint64_t total_ = 0;   // bytes that should move
  catalogue::Amount marked_;  // what was given to doors and pools
};

}  // namespace

std::unique_ptr<cli::Command> make_rebalance() { return std::make_unique<Rebalance>(); }

}  // namespace sluice::app
