// SPDX-License-Identifier: Apache-2.0
#include "app/pool_commands.h"

#include "app/moving.h"
#include "app/on_catalogue.h"
#include "app/rebalance_command.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::app {
namespace {

using catalogue::Amount;

class Drain final : public OnCatalogue {
 protected:
  void declare_more(cli::Options& options) override {
    options.argument("POOL", pool_, "Name of the pool");
    options.flag("--no-wait", no_wait_, "Only begin; `sluice admin pools` shows the mode");
  }

  Status work(catalogue::Catalogue& all, cli::Console& console) override {
    SLUICE_TRY(const auto pool, all.pools().find(pool_));
    SLUICE_CHECK(all.pools().set_mode(pool.id, catalogue::PoolMode::draining));
    SLUICE_TRY(const Amount at_first, all.replicas().on_pool(pool.id));
    console.note(fmt::format("{} is draining: {} files, {}", pool_, at_first.files,
                             human_bytes(static_cast<double>(at_first.bytes))));
    if (no_wait_) return {};
    Moving moving(console, pool_);
    for (Amount all_of_it = at_first;;) {
      SLUICE_TRY(const Amount left, all.replicas().on_pool(pool.id));
      if (left.files == 0) break;
      // Uploads that began before may still come.
      all_of_it.files = std::max(all_of_it.files, left.files);
      all_of_it.bytes = std::max(all_of_it.bytes, left.bytes);
      SLUICE_CHECK(
          moving.wait({all_of_it.files - left.files, all_of_it.bytes - left.bytes}, all_of_it));
    }
    console.note(pool_ + " is empty");
    return {};
  }

 private:
  std::string pool_;
  bool no_wait_ = false;
};

constexpr std::array rows = {
    cli::CommandRow{
        "pool drain",
        "Move all files of a pool to others, so that it can be taken away",
        "Nothing new comes to the pool, and each of its files leaves once another pool has a copy. "
        "Doors and pools do it; this command shows how far they are and may be ended whenever you "
        "like. `sluice admin set-pool POOL enabled` takes it back.",
        {{{"Before a machine is switched off", "sluice pool drain pool7"}}},
        &cli::make_command<Drain>},
    cli::CommandRow{
        "pool rebalance",
        "Move files from full pools to emptier ones",
        "Until each pool uses about the same share of its space. A file leaves its pool once the "
        "copy elsewhere is whole; doors and pools do it, this command gives them a little at a "
        "time and may be ended whenever you like. Where a rule of door.selection says which pools "
        "a file belongs on, it stays among those.",
        {{{"After a pool was added", "sluice pool rebalance"},
          {"What it would do", "sluice pool rebalance --dry-run"}}},
        &make_rebalance,
        true},
};

}  // namespace

std::span<const cli::CommandRow> pool_commands() { return rows; }

}  // namespace sluice::app
