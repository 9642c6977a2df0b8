// SPDX-License-Identifier: Apache-2.0
// Commands that only look: stat, locate, du, df, ping.
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/look.h"
#include "xroot/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

using xroot::client::FileInfo;

class Stat : public EachUrl {
 protected:
  Task<void> one(Remote remote, Place place) override {
    SLUICE_CO_TRY(FileInfo info, co_await remote.client->stat(place.text()));
    Console& console = *remote.console;
    if (console.json()) {
      JsonObject json;
      json.add("url", place.shown());
      add_info(json, info);
      console.line(json);
      co_return Status();
    }
    console.line(fmt::format("{:<10}{}", "URL", printable(place.shown())));
    console.line(fmt::format("{:<10}{}", "Type",
                             info.is_directory ? "directory"
                             : info.is_other   ? "other"
                                               : "file"));
    console.line(fmt::format("{:<10}{} ({})", "Size", info.size,
                             human_bytes(static_cast<double>(info.size))));
    console.line(fmt::format("{:<10}{}", "Modified", time_text(info.mtime)));
    if (info.mode) {
      console.line(fmt::format("{:<10}{:04o} {} {} {}", "Mode", *info.mode, mode_text(info),
                               info.owner, info.group));
    }
    console.line(fmt::format("{:<10}{}", "State", state(info)));
    console.line(fmt::format("{:<10}{}", "Id", info.id));
    co_return Status();
  }

 private:
  static std::string state(const FileInfo& info) {
    std::vector<std::string_view> words;
    if (info.is_readable) words.push_back("readable");
    if (info.is_writable) words.push_back("writable");
    if (info.is_offline) words.push_back("offline");
    if (info.is_posc_pending) words.push_back("being uploaded");
    if (info.has_backup) words.push_back("has backup");
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ", "));
  }
};

class Locate : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.flag("--refresh", refresh_, "Let the server forget what it knew")
        .flag("-n,--names", names_, "Host names rather than addresses");
  }
  bool takes_wildcards() const override { return false; }
  Task<void> one(Remote remote, Place place) override {
    xroot::client::LocateOptions options{.refresh = refresh_, .prefer_names = names_};
    SLUICE_CO_TRY(auto locations, co_await remote.client->locate(place.text(), options));
    for (const auto& location : locations) {
      if (remote.console->json()) {
        remote.console->line(JsonObject()
                                 .add("url", place.shown())
                                 .add("host", location.host)
                                 .add("port", location.port)
                                 .add("manager", location.is_manager)
                                 .add("pending", location.is_pending)
                                 .add("writable", location.is_writable));
        continue;
      }
      xroot::HostPort address{location.host, location.port};
      remote.console->line(fmt::format(
          "{} {} {}{}", address.text(), location.is_manager ? "manager" : "server",
          location.is_writable ? "read/write" : "read", location.is_pending ? " pending" : ""));
    }
    co_return Status();
  }

 private:
  bool refresh_ = false;
  bool names_ = false;
};

class DiskUse : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.flag("-h,--human", human_, "Sizes for people, such as 1.2 GiB");
  }
  Task<void> one(Remote remote, Place place) override {
    SLUICE_CO_TRY(FileInfo info, co_await remote.client->stat(place.text()));
    std::uint64_t bytes = info.is_directory ? 0 : info.size;
    std::size_t files = info.is_directory ? 0 : 1;
    std::size_t directories = info.is_directory ? 1 : 0;
    if (info.is_directory) {
      SLUICE_CO_TRY(auto tree, co_await walk(remote, place));
      for (const TreeEntry& entry : tree) {
        ++(entry.is_directory ? directories : files);
        if (!entry.is_directory) bytes += entry.size;
      }
    }
    if (remote.console->json()) {
      remote.console->line(JsonObject()
                               .add("url", place.shown())
                               .add("bytes", bytes)
                               .add("files", files)
                               .add("directories", directories));
    } else {
      remote.console->line(fmt::format("{:>12} {:>8} files  {}", size_text(bytes, human_), files,
                                       printable(place.shown())));
    }
    co_return Status();
  }

 private:
  bool human_ = false;
};

class DiskFree : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.flag("-h,--human", human_, "Sizes for people, such as 1.2 GiB");
  }
  bool takes_wildcards() const override { return false; }
  Task<void> one(Remote remote, Place place) override {
    SLUICE_CO_TRY(auto space, co_await remote.client->space(place.text()));
    if (remote.console->json()) {
      JsonObject json;
      json.add("url", place.shown())
          .add("space", space.name)
          .add("total", space.total)
          .add("used", space.used);
      json.add("free", space.free).add("largest_free", space.largest_free);
      if (space.quota >= 0) json.add("quota", space.quota);
      remote.console->line(json);
      co_return Status();
    }
    if (!headed_)
      remote.console->line(
          fmt::format("{:>12} {:>12} {:>12} {:>4}  {}", "total", "used", "free", "use", "URL"));
    headed_ = true;
    auto percent = space.total == 0 ? 0 : space.used * 100 / space.total;
    remote.console->line(fmt::format("{:>12} {:>12} {:>12} {:>3}%  {}",
                                     size_text(space.total, human_), size_text(space.used, human_),
                                     size_text(space.free, human_), percent,
                                     printable(place.shown())));
    co_return Status();
  }

 private:
  bool human_ = false;
  bool headed_ = false;
};

class Ping : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.value("-n,--count", "N", count_, "How often")
        .value("-i,--interval", "TIME", interval_, "Pause between two");
  }
  Status check() override {
    return count_ > 0 ? Status() : fail(Errc::usage, "--count must be at least 1");
  }
  std::string_view url_help() const override { return "root://host[:port]"; }
  bool takes_wildcards() const override { return false; }

  Task<void> one(Remote remote, Place place) override {
    SLUICE_CO_TRY(auto server, co_await remote.client->server(place.text()));
    asio::steady_timer pause(co_await asio::this_coro::executor);
    std::vector<double> times;
    for (int i = 0; i < count_; ++i) {
      if (i > 0) {
        pause.expires_after(interval_);
        co_await pause.async_wait(as_value);
      }
      SLUICE_CO_TRY(auto time, co_await remote.client->ping(place.text()));
      times.push_back(std::chrono::duration<double, std::milli>(time).count());
      if (remote.console->json()) continue;
      remote.console->line(fmt::format("{}: {:.3f} ms", server.address, times.back()));
      std::fflush(stdout);
    }
    std::ranges::sort(times);
    double sum = 0;
    for (double time : times) sum += time;
    double mean = sum / static_cast<double>(times.size());
    if (remote.console->json()) {
      remote.console->line(
          JsonObject()
              .add("url", place.shown())
              .add("address", server.address)
              .add("kind", server.is_data_server ? "server" : "manager")
              .add("protocol", fmt::format("{:x}.{:x}.{:x}", server.version >> 8,
                                           server.version >> 4 & 15U, server.version & 15U))
              .add("count", times.size())
              .add("min_ms", times.front())
              .add("mean_ms", mean)
              .add("max_ms", times.back()));
    } else {
      remote.console->line(
          fmt::format("{}, {} {}, protocol {:x}.{:x}.{:x}: min {:.3f}, mean {:.3f}, max {:.3f} ms",
                      place.server, server.is_data_server ? "server" : "manager", server.address,
                      server.version >> 8, server.version >> 4 & 15U, server.version & 15U,
                      times.front(), mean, times.back()));
    }
    co_return Status();
  }

 private:
  int count_ = 4;
  Duration interval_ = std::chrono::seconds(1);
};

}  // namespace

const CommandRow stat_row{
    .path = "stat",
    .help = "Show size, time, mode and state of files and directories",
    .details = "",
    .examples = {{{"One file", "sluice stat root://host//data/run1.root"},
                  {"Only its size", "sluice stat --json root://host//data/run1.root | jq .size"}}},
    .make = make_command<Stat>,
    .has_json = true,
};
const CommandRow locate_row{
    .path = "locate",
    .help = "Show the servers that have a file",
    .details = "",
    .examples = {{{"Where is it?", "sluice locate root://host//data/run1.root"}}},
    .make = make_command<Locate>,
    .has_json = true,
};
const CommandRow du_row{
    .path = "du",
    .help = "Add up the sizes of everything below directories",
    .details = "",
    .examples = {{{"How large is each year?", "sluice du -h 'root://host//data/20*'"}}},
    .make = make_command<DiskUse>,
    .has_json = true,
};
const CommandRow df_row{
    .path = "df",
    .help = "Show total, used and free space",
    .details = "",
    .examples = {{{"Space where data is", "sluice df -h root://host//data"}}},
    .make = make_command<DiskFree>,
    .has_json = true,
};
const CommandRow ping_row{
    .path = "ping",
    .help = "Measure the round trip to a server after login",
    .details = "Fails with the reason when the server cannot be reached or refuses the login.",
    .examples = {{{"Is it there?", "sluice ping -n 1 root://host:1094"},
                  {"Ten times without pause", "sluice ping -n 10 -i 0s root://host"}}},
    .make = make_command<Ping>,
    .has_json = true,
};

}  // namespace sluice::cli
