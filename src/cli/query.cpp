// SPDX-License-Identifier: Apache-2.0
// sluice query config|space|stats|xattr|opaque: what a server tells of itself, as it tells it.
#include "cli/commands.h"
#include "cli/remote.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

using xroot::QueryKind;

class QueryCommand : public RemoteCommand {
 protected:
  QueryCommand(QueryKind kind, std::string_view argument_help)
      : kind_(kind), argument_help_(argument_help) {}

  void declare_own(Options& options) override {
    options.argument("URL", url_, "root://host[:port][//path]", Complete::remote);
    if (!argument_help_.empty())
      options.argument("ARGUMENT", argument_, std::string(argument_help_));
  }
  Task<void> act(Remote remote) override {
    SLUICE_CO_TRY(Place place, parse_url(url_));
    auto answer = co_await remote.client->query(place.text(), kind_, argument_.value_or(""));
    if (!answer) {
      remote.console->report(place.shown(), answer.error());
      co_return Status();
    }
    while (answer->ends_with('\n') || answer->ends_with('\0')) answer->pop_back();
    if (remote.console->json()) {
      remote.console->line(JsonObject().add("url", place.shown()).add("answer", *answer));
    } else {
      remote.console->line(*answer);
    }
    co_return Status();
  }

 private:
  const QueryKind kind_;
  const std::string_view argument_help_;
  std::string url_;
  std::optional<std::string> argument_;
};

struct QuerySpace : QueryCommand {
  QuerySpace() : QueryCommand(QueryKind::space, "") {}
};
struct QueryStats : QueryCommand {
  QueryStats()
      : QueryCommand(QueryKind::stats, "Parts of the statistics, by letter; all when missing") {}
};
struct QueryXattr : QueryCommand {
  QueryXattr() : QueryCommand(QueryKind::xattr, "") {}
};
struct QueryOpaque : QueryCommand {
  QueryOpaque() : QueryCommand(QueryKind::opaque, "What the server's plug-in understands") {}
};

class QueryConfig : public RemoteCommand {
 protected:
  void declare_own(Options& options) override {
    options.argument("URL", url_, "root://host[:port]", Complete::remote)
        .arguments("KEY", keys_, 0,
                   "Such as chksum readv_ior_max version; the usual ones when missing");
  }
  Task<void> act(Remote remote) override {
    SLUICE_CO_TRY(Place place, parse_url(url_));
    if (keys_.empty())
      keys_ = {"version",       "role",     "sitename", "chksum", "readv_ior_max",
               "readv_iov_max", "bind_max", "tpc",      "pio_max"};
    auto values = co_await remote.client->query_config(place.text(), keys_);
    if (!values) {
      remote.console->report(place.shown(), values.error());
      co_return Status();
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const std::string& value = i < values->size() ? (*values)[i] : keys_[i];
      bool known = value != keys_[i];  // a server answers an unknown key with its name
      if (remote.console->json()) {
        JsonObject json;
        json.add("key", keys_[i]);
        known ? json.add("value", value) : json.null("value");
        remote.console->line(json);
      } else {
        remote.console->line(fmt::format("{:<16} {}", keys_[i], known ? value : "(unknown)"));
      }
    }
    co_return Status();
  }

 private:
  std::string url_;
  std::vector<std::string> keys_;
};

}  // namespace

const CommandRow query_config_row{
    .path = "query config",
    .help = "Show settings that a server tells",
    .details = "",
    .examples = {{{"The usual ones", "sluice query config root://host"},
                  {"Which checksums it has", "sluice query config root://host chksum"}}},
    .make = make_command<QueryConfig>,
    .has_json = true,
};
const CommandRow query_space_row{
    .path = "query space",
    .help = "Show the space of a path as the server tells it",
    .details = "`sluice df` shows the same in columns.",
    .examples = {{{"Raw figures", "sluice query space root://host//data"}}},
    .make = make_command<QuerySpace>,
    .has_json = true,
};
const CommandRow query_stats_row{
    .path = "query stats",
    .help = "Show the statistics of a server (XML)",
    .details = "",
    .examples = {{{"Everything", "sluice query stats root://host a"}}},
    .make = make_command<QueryStats>,
    .has_json = true,
};
const CommandRow query_xattr_row{
    .path = "query xattr",
    .help = "Show the system attributes of a path",
    .details = "",
    .examples = {{{"One file", "sluice query xattr root://host//data/f"}}},
    .make = make_command<QueryXattr>,
    .has_json = true,
};
const CommandRow query_opaque_row{
    .path = "query opaque",
    .help = "Send a text that only a plug-in of the server understands",
    .details = "",
    .examples = {{{"Whatever it is", "sluice query opaque root://host 'text'"}}},
    .make = make_command<QueryOpaque>,
    .has_json = true,
};

}  // namespace sluice::cli
