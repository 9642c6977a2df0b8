// SPDX-License-Identifier: Apache-2.0
// Commands that change names and metadata: mkdir, rm, mv, chmod, truncate.
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/look.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

class MakeDirectory : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options
        .flag("-p,--parents", parents_, "Make missing parents too; an existing directory is fine")
        .value("-m,--mode", "MODE", mode_text_, "Permissions, 0755 or rwxr-xr-x");
  }
  Status check() override {
    SLUICE_TRY(mode_, parse_mode(mode_text_));
    return {};
  }
  bool takes_wildcards() const override { return false; }
  Task<void> one(Remote remote, Place place) override {
    Status made = co_await remote.client->mkdir(place.text(), mode_, parents_);
    if (!made && parents_ && made.error().code == Errc::exists) {
      auto info = co_await remote.client->stat(place.text());
      if (info && info->is_directory) co_return Status();
    }
    co_return made;
  }

 private:
  bool parents_ = false;
  std::string mode_text_ = "0755";
  std::uint16_t mode_ = 0;
};

class Remove : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.flag("-r,--recursive", recursive_, "Remove directories and everything in them")
        .flag("-d,--dir", empty_, "Remove empty directories")
        .flag("-f,--force", force_, "It is fine when there is nothing to remove")
        .flag("--names", tell_, "Tell what was removed");
  }
  Task<void> one(Remote remote, Place place) override {
    Status removed = co_await remove(remote, place);
    if (!removed && force_ && removed.error().code == Errc::not_found) co_return Status();
    co_return removed;
  }

 private:
  Task<void> remove(Remote remote, Place place) {
    // One request for a file, which is the frequent case; servers say "is a directory" in more than one way.
    Status removed = co_await remote.client->rm(place.text());
    if (removed) {
      tell(remote, place);
      co_return removed;
    }
    if (removed.error().code == Errc::not_found) co_return removed;
    auto info = co_await remote.client->stat(place.text());
    if (!info || !info->is_directory) co_return removed;
    if (!recursive_ && !empty_) co_return fail(Errc::is_directory, "");
    co_return co_await remove_directory(remote, place);
  }

  Task<void> remove_directory(Remote remote, Place place) {
    if (recursive_) {
      if (place.name().empty())
        co_return fail(Errc::usage, "the root is not removed; name what is in it");
      SLUICE_CO_TRY(auto entries, co_await list(remote, place, true));
      for (const auto& entry : entries) {
        Place child = place.child(entry.name);
        bool is_directory = entry.info && entry.info->is_directory;
        Status removed;
        if (is_directory) {
          removed = co_await remove_directory(remote, child);
        } else {
          removed = co_await remote.client->rm(child.text());
          if (removed) tell(remote, child);
        }
        if (!removed) co_return removed;
      }
    }
    SLUICE_CO_CHECK(co_await remote.client->rmdir(place.text()));
    tell(remote, place);
    co_return Status();
  }

  void tell(Remote remote, const Place& place) const {
    if (remote.console->json()) {
      remote.console->line(JsonObject().add("removed", place.shown()));
    } else if (tell_) {
      remote.console->line(printable(place.shown()));
    }
  }

  bool recursive_ = false;
  bool empty_ = false;
  bool force_ = false;
  bool tell_ = false;
};

class Move : public RemoteCommand {
 protected:
  void declare_own(Options& options) override {
    options.argument("SOURCE", source_, "root://host[:port]//path", Complete::remote)
        .argument("TARGET", target_,
                  "A path or URL of the same server; a directory takes the source",
                  Complete::remote);
  }
  Task<void> act(Remote remote) override {
    SLUICE_CO_TRY(Place source, parse_url(source_));
    Place target = source;
    if (is_url(target_)) {
      SLUICE_CO_TRY(target, parse_url(target_));
    } else if (target_.starts_with('/')) {
      target.path = target_;
    } else {
      co_return fail(Errc::usage,
                     fmt::format("\"{}\" is neither a URL nor an absolute path", target_));
    }
    if (target.server != source.server) {
      co_return fail(
          Errc::usage,
          "a file cannot move to another server; copy it with `sluice cp` and remove it");
    }
    auto info = co_await remote.client->stat(target.text());
    if (info && info->is_directory) target = target.child(source.name());
    std::string to =
        target.cgi.empty() ? target.path : fmt::format("{}?{}", target.path, target.cgi);
    Status moved = co_await remote.client->mv(source.text(), to);
    if (!moved) remote.console->report(source.shown(), moved.error());
    co_return Status();
  }

 private:
  std::string source_;
  std::string target_;
};

class ChangeMode : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.argument("MODE", mode_text_, "0644 or rw-r--r--");
  }
  Status check() override {
    SLUICE_TRY(mode_, parse_mode(mode_text_));
    return {};
  }
  Task<void> one(Remote remote, Place place) override {
    return remote.client->chmod(place.text(), mode_);
  }

 private:
  std::string mode_text_;
  std::uint16_t mode_ = 0;
};

class Truncate : public EachUrl {
 protected:
  void declare_more(Options& options) override {
    options.argument("SIZE", size_text_, "Bytes, or with a unit: 8MiB");
  }
  Status check() override {
    SLUICE_TRY(size_, parse_size(size_text_));
    return {};
  }
  Task<void> one(Remote remote, Place place) override {
    return remote.client->truncate(place.text(), size_);
  }

 private:
  std::string size_text_;
  std::uint64_t size_ = 0;
};

}  // namespace

const CommandRow mkdir_row{
    .path = "mkdir",
    .help = "Make directories",
    .details = "",
    .examples = {{{"A directory and all above it", "sluice mkdir -p root://host//data/2026/raw"}}},
    .make = make_command<MakeDirectory>,
    .has_json = true,
};
const CommandRow remove_row{
    .path = "rm",
    .help = "Remove files and directories",
    .details = "",
    .examples = {{{"A file", "sluice rm root://host//data/old.root"},
                  {"All that match", "sluice rm 'root://host//data/tmp*'"},
                  {"A directory with everything in it", "sluice rm -r root://host//data/scratch"}}},
    .make = make_command<Remove>,
    .has_json = true,
};
const CommandRow move_row{
    .path = "mv",
    .help = "Rename or move a file or directory within a server",
    .details = "",
    .examples = {{{"A new name", "sluice mv root://host//data/a.root /data/b.root"},
                  {"Into a directory",
                   "sluice mv root://host//data/a.root root://host//data/2026/"}}},
    .make = make_command<Move>,
    .has_json = true,
};
const CommandRow chmod_row{
    .path = "chmod",
    .help = "Change permissions",
    .details = "",
    .examples = {{{"Only the owner may write", "sluice chmod 0644 root://host//data/run1.root"}}},
    .make = make_command<ChangeMode>,
    .has_json = true,
};
const CommandRow truncate_row{
    .path = "truncate",
    .help = "Cut or extend files to a size",
    .details = "",
    .examples = {{{"Make it empty", "sluice truncate 0 root://host//data/log"}}},
    .make = make_command<Truncate>,
    .has_json = true,
};

}  // namespace sluice::cli
