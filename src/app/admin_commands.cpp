// SPDX-License-Identifier: Apache-2.0
#include "app/admin_commands.h"

#include "app/match_pools.h"
#include "app/on_catalogue.h"
#include "base/units.h"
#include "cli/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::app {
namespace {

using catalogue::Catalogue;
using catalogue::PoolMode;
using cli::Console;
using cli::JsonObject;
using cli::Options;

constexpr std::int64_t second_ns = 1'000'000'000;

std::string age_text(std::int64_t heartbeat_ns) {
  std::int64_t seconds = (catalogue::system_clock_ns() - heartbeat_ns) / second_ns;
  return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", seconds / 60);
}

class PoolList final : public OnCatalogue {
 protected:
  Status work(Catalogue& all, Console& console) override {
    SLUICE_TRY(auto pools, all.pools().list());
    if (!console.json()) {
      console.line(fmt::format("{:<20} {:<10} {:>8} {:>10} {:>10} {:>7} {:>7}  {}", "POOL", "MODE",
                               "SEEN", "FREE", "TOTAL", "ACTIVE", "WAITING", "ADDRESS"));
    }
    for (const catalogue::Pool& pool : pools) show(pool, console);
    return {};
  }

 private:
  static void show(const catalogue::Pool& pool, Console& console) {
    std::string address = pool.addresses.empty() ? "-" : pool.addresses.front();
    const catalogue::PoolLoad& load = pool.load;
    if (console.json()) {
      console.line(JsonObject()
                       .add("pool", pool.name)
                       .add("mode", to_text(pool.mode))
                       .add("heartbeat_age_s",
                            (catalogue::system_clock_ns() - pool.heartbeat_ns) / second_ns)
                       .add("free", load.free)
                       .add("total", load.total)
                       .add("promised", load.reserved)
                       .add("movers", load.movers)
                       .add("queued", load.queued)
                       .add("address", address));
      return;
    }
    console.line(fmt::format(
        "{:<20} {:<10} {:>8} {:>10} {:>10} {:>7} {:>7}  {}", pool.name, to_text(pool.mode),
        age_text(pool.heartbeat_ns), human_bytes(static_cast<double>(load.free)),
        human_bytes(static_cast<double>(load.total)), load.movers, load.queued, address));
  }
};

constexpr std::array modes = {PoolMode::enabled, PoolMode::read_only, PoolMode::draining,
                              PoolMode::disabled};

class PoolSet final : public OnCatalogue {
 protected:
  void declare_more(Options& options) override {
    options.argument("POOL", pool_, "Name of the pool");
    options.argument("MODE", mode_, "enabled, read-only, draining or disabled");
  }
  Status work(Catalogue& all, Console& console) override {
    auto mode = std::ranges::find(modes, mode_, [](PoolMode m) { return to_text(m); });
    if (mode == modes.end())
      return fail(Errc::usage, mode_ + " is none of enabled, read-only, draining, disabled");
    SLUICE_TRY(auto pool, all.pools().find(pool_));
    SLUICE_CHECK(all.pools().set_mode(pool.id, *mode));
    console.note(fmt::format("{} is {}", pool_, to_text(*mode)));
    return {};
  }

 private:
  std::string pool_, mode_;
};

class ClassList final : public OnCatalogue {
 protected:
  Status work(Catalogue& all, Console& console) override {
    SLUICE_TRY(auto rules, all.copies().rules());
    for (const auto& [name, copies] : rules) {
      if (console.json()) {
        console.line(JsonObject().add("class", name).add("copies", copies));
      } else {
        console.line(fmt::format("{:<20} {} copies", name.empty() ? "(default)" : name, copies));
      }
    }
    return {};
  }
};

class ClassSet final : public OnCatalogue {
 protected:
  void declare_more(Options& options) override {
    options.argument("CLASS", name_,
                     "Name of the storage class; \"default\" is that of files without one");
    options.value("--copies", "N", copies_, "Pools that shall have each file");
  }
  Status work(Catalogue& all, Console& console) override {
    std::string name = name_ == "default" ? "" : name_;
    SLUICE_CHECK(all.copies().set(
        name, static_cast<std::uint32_t>(std::min<std::uint64_t>(copies_, UINT32_MAX))));
    SLUICE_CHECK(all.copies().check_class(name));
    console.note(fmt::format("files of class {} shall have {} copies", name_, copies_));
    return {};
  }

 private:
  std::string name_;
  std::uint64_t copies_ = 1;
};

class ClassAssign final : public OnCatalogue {
 protected:
  void declare_more(Options& options) override {
    options.argument("PATH", path_, "A directory, for what is made in it from now on, or a file");
    options.argument("CLASS", class_, "The storage class; \"default\" takes it away");
  }
  Status work(Catalogue& all, Console&) override {
    SLUICE_TRY(auto entry, all.names().lookup(path_));
    catalogue::Change change;
    change.storage_class = class_ == "default" ? "" : class_;
    SLUICE_CHECK(all.names().change(entry.id, change));
    if (entry.is_file()) SLUICE_CHECK(all.copies().check(entry.id));
    return {};
  }

 private:
  std::string path_, class_;
};

class Replicas final : public OnCatalogue {
 protected:
  void declare_more(Options& options) override { options.argument("PATH", path_, "A file"); }
  Status work(Catalogue& all, Console& console) override {
    SLUICE_TRY(auto entry, all.names().lookup(path_));
    SLUICE_TRY(auto replicas, all.replicas().of_file(entry.id));
    SLUICE_TRY(auto pools, all.pools().list());
    for (const catalogue::Replica& replica : replicas) {
      auto pool = std::ranges::find(pools, replica.pool, &catalogue::Pool::id);
      std::string name = pool != pools.end() ? pool->name : std::to_string(replica.pool.number);
      if (console.json()) {
        console.line(JsonObject()
                         .add("file", entry.id.number)
                         .add("pool", name)
                         .add("state", to_text(replica.state))
                         .add("size", replica.size));
      } else {
        console.line(fmt::format("{:<20} {:<9} {}", name, to_text(replica.state), replica.size));
      }
    }
    return {};
  }

 private:
  std::string path_;
};

constexpr std::array rows = {
    cli::CommandRow{
        "admin pools",
        "List the pools with their mode, space and load",
        "",
        {{{"Of the server that runs on this machine", "sluice admin pools"},
          {"Of a catalogue in PostgreSQL", "sluice admin pools --config /etc/sluice.toml"}}},
        &cli::make_command<PoolList>,
        true},
    cli::CommandRow{"admin set-pool",
                    "Say what a pool may do",
                    "enabled: everything. read-only: nothing new. draining: nothing new, and its "
                    "files get copies on other\n"
                    "pools before they leave it. disabled: nothing at all.",
                    {{{"Before a pool is taken away", "sluice admin set-pool pool7 draining"}}},
                    &cli::make_command<PoolSet>},
    cli::CommandRow{"admin classes",
                    "List the storage classes that want more than one copy",
                    "",
                    {{{"All of them", "sluice admin classes"}}},
                    &cli::make_command<ClassList>,
                    true},
    cli::CommandRow{"admin set-class",
                    "Say how many copies the files of a storage class shall have",
                    "Files that have too few get more, in the background.",
                    {{{"Every file on two pools", "sluice admin set-class default --copies 2"}}},
                    &cli::make_command<ClassSet>},
    cli::CommandRow{"admin assign-class",
                    "Put a file, or what a directory will hold, into a storage class",
                    "",
                    {{{"For raw data", "sluice admin assign-class /raw precious"}}},
                    &cli::make_command<ClassAssign>},
    cli::CommandRow{"admin match-pools",
                    "Show which rules and pools a request would meet",
                    "By the settings given here (door.selection) and the pools as they are now.",
                    {{{"An upload from that machine",
                       "sluice admin match-pools write /raw/f --client 10.1.2.3"}}},
                    &make_match_pools,
                    true},
    cli::CommandRow{"admin replicas",
                    "Show on which pools a file is",
                    "",
                    {{{"One file", "sluice admin replicas /data/run-1.dat"}}},
                    &cli::make_command<Replicas>,
                    true},
};

}  // namespace

std::span<const cli::CommandRow> admin_commands() { return rows; }

}  // namespace sluice::app
