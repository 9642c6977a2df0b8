// SPDX-License-Identifier: Apache-2.0
// sluice admin match-pools: what door.selection makes of a request.
#include "app/match_pools.h"

#include "app/on_catalogue.h"
#include "door/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sluice::app {
namespace {

using Names = std::vector<std::string>;

class MatchPools final : public OnCatalogue {
 protected:
  void declare_more(cli::Options& options) override {
    options.argument("DIRECTION", direction_, "read or write");
    options.argument("PATH", path_, "Absolute path at the door");
    options.value("--client", "ADDRESS", client_, "Where the client is");
    options.value("--class", "CLASS", class_, "Storage class of the file, or of its directory");
  }

  Status work(catalogue::Catalogue& all, cli::Console& console) override {
    if (direction_ != "read" && direction_ != "write")
      return fail(Errc::usage, direction_ + " is neither read nor write");
    SLUICE_TRY(const auto selection, door::Selection::parse(config.door.selection));
    SLUICE_TRY(const auto pools, all.pools().list());
    const bool is_v6 = client_.find(':') != std::string::npos;
    const std::string client = is_v6 ? "[" + client_ + "]:0" : client_ + ":0";
    const std::string storage_class = class_ == "default" ? "" : class_;
    const door::Wish wish{direction_ == "write", path_, storage_class, client};
    for (const door::SelectionRule* rule : selection.matching(wish)) {
      Names names;
      for (const catalogue::Pool& pool : pools)
        if (rule->takes(pool)) names.push_back(pool.name);
      show(rule->text, names, console);
      if (rule->only) return {};
    }
    Names names;
    for (const catalogue::Pool& pool : pools) names.push_back(pool.name);
    show("(all)", names, console);
    return {};
  }

 private:
  static void show(const std::string& rule, const Names& pools, cli::Console& console) {
    if (!console.json()) {
      console.line(
          fmt::format("{}\n    {}", rule,
                      pools.empty() ? "no pool" : fmt::format("{}", fmt::join(pools, " "))));
      return;
    }
    cli::JsonArray names;
    for (const std::string& pool : pools) names.add(pool);
    console.line(cli::JsonObject().add("rule", rule).add("pools", names));
  }

  std::string direction_, path_, client_, class_;
};

}  // namespace

std::unique_ptr<cli::Command> make_match_pools() { return std::make_unique<MatchPools>(); }

}  // namespace sluice::app
