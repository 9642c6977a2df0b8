// SPDX-License-Identifier: Apache-2.0
// sluice ls.
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/look.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

using xroot::client::DirectoryEntry;
using xroot::client::FileInfo;

class List : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.flag("-l,--long", long_, "Show mode, owner, size and time")
        .flag("-R,--recursive", recursive_, "List everything below")
        .flag("-h,--human", human_, "Sizes for people, such as 1.2 GiB")
        .flag("-d,--directory", itself_, "Show a directory itself, not what is in it")
        .flag("-p,--slash", slash_, "Put / behind directories")
        .flag("-u,--urls", urls_, "Show whole URLs")
        .flag("-U,--unsorted", unsorted_,
              "Show entries as they arrive; for directories too large to sort")
        .value("-C,--checksum", "TYPE", checksum_, "Show checksums too, where the server has them");
  }

  Task<void> one(Remote remote, Place place) override {
    console_ = remote.console;
    SLUICE_CO_TRY(FileInfo info, co_await remote.client->stat(place.text()));
    if (!info.is_directory || itself_) {
      show(place, info.is_directory && place.name().empty() ? "/" : place.name(),
           {place.name(), info, {}});
      co_return Status();
    }
    if (url_count() > 1 && !console_->json() && !urls_)
      console_->line(printable(place.shown()) + ":");
    co_return co_await list_directory(remote, place, "");
  }

 private:
  bool wants_info() const { return long_ || recursive_ || slash_ || console_->json(); }

  // `prefix` is the way from the listed directory to `place`.
  Task<void> list_directory(Remote remote, Place place, std::string prefix) {
    std::vector<std::string> below;
    xroot::client::ListOptions options{.with_info = wants_info(), .checksum = checksum_};
    if (unsorted_) {
      SLUICE_CO_CHECK(co_await remote.client->list(place.text(), options,
                                                   [&](std::vector<DirectoryEntry> entries) {
                                                     return show_all(place, prefix, entries, below);
                                                   }));
    } else {
      SLUICE_CO_TRY(auto entries, co_await remote.client->list(place.text(), options));
      std::ranges::sort(entries, {}, &DirectoryEntry::name);
      SLUICE_CO_CHECK(show_all(place, prefix, entries, below));
    }
    for (const std::string& name : below) {
      Status listed =
          co_await list_directory(remote, place.child(name), fmt::format("{}{}/", prefix, name));
      if (!listed) console_->report(place.child(name).shown(), listed.error());
    }
    co_return Status();
  }

  Status show_all(const Place& place, std::string_view prefix,
                  const std::vector<DirectoryEntry>& entries, std::vector<std::string>& below) {
    for (const DirectoryEntry& entry : entries) {
      show(place.child(entry.name), fmt::format("{}{}", prefix, entry.name), entry);
      if (recursive_ && entry.info && entry.info->is_directory) below.push_back(entry.name);
    }
    return {};
  }

  void show(const Place& place, const std::string& name, const DirectoryEntry& entry) {
    const FileInfo info = entry.info.value_or(FileInfo{});
    if (console_->json()) {
      JsonObject json;
      json.add("name", entry.name).add("url", place.shown());
      if (entry.info) add_info(json, info);
      if (!entry.checksum.empty()) json.add("checksum", entry.checksum);
      return console_->line(json);
    }
    std::string text = printable(urls_ ? place.shown() : name);
    if (slash_ && info.is_directory) text += '/';
    if (!entry.checksum.empty()) text = fmt::format("{:<20} {}", entry.checksum, text);
    if (!long_) return console_->line(text);
    console_->line(fmt::format("{:<10} {:<8} {:<8} {:>12} {} {}", mode_text(info),
                               info.owner.empty() ? "-" : info.owner,
                               info.group.empty() ? "-" : info.group, size_text(info.size, human_),
                               time_text(info.mtime), text));
  }

  Console* console_ = nullptr;
  bool long_ = false;
  bool recursive_ = false;
  bool human_ = false;
  bool itself_ = false;
  bool slash_ = false;
  bool urls_ = false;
  bool unsorted_ = false;
  std::string checksum_;
};

}  // namespace

const CommandRow list_row{
    .path = "ls",
    .help = "List directories",
    .details = "",
    .examples = {{{"Names in a directory", "sluice ls root://host//data"},
                  {"With sizes and times", "sluice ls -lh root://host//data"},
                  {"Everything below, as URLs", "sluice ls -Ru root://host//data"},
                  {"Files that match", "sluice ls 'root://host//data/run*.root'"},
                  {"The largest three",
                   "sluice ls --json root://host//data | jq -s 'sort_by(.size)[-3:]'"}}},
    .make = make_command<List>,
    .has_json = true,
};

}  // namespace sluice::cli
