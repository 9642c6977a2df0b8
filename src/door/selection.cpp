// SPDX-License-Identifier: Apache-2.0
#include "door/selection.h"

#include "auth/token/path.h"
#include "base/endpoint.h"
#include "base/text.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::door {
namespace {

constexpr std::string_view arrow = "->";

Status set_path(SelectionRule& rule, std::string_view value) {
  if (!value.starts_with('/'))
    return fail(Errc::invalid_argument, fmt::format("path={} does not begin with /", value));
  while (value.size() > 1 && value.ends_with('/')) value.remove_suffix(1);
  rule.path = std::string(value);
  return {};
}

Status set_class(SelectionRule& rule, std::string_view value) {
  rule.storage_class = std::string(value == "default" ? "" : value);
  return {};
}

Status set_network(SelectionRule& rule, std::string_view value) {
  SLUICE_TRY(rule.network, net::Network::parse(value));
  return {};
}

struct Condition {
  std::string_view key;
  Status (*set)(SelectionRule& rule, std::string_view value);
};
constexpr std::array conditions{Condition{"path", &set_path}, Condition{"class", &set_class},
                                Condition{"net", &set_network}};

Status add_condition(SelectionRule& rule, std::string_view word) {
  if (word == "read" || word == "write") {
    rule.writes = word == "write";
    return {};
  }
  const std::size_t equals = word.find('=');
  auto row = std::ranges::find(conditions, word.substr(0, equals), &Condition::key);
  if (equals == std::string_view::npos || row == conditions.end() || equals + 1 == word.size()) {
    return fail(Errc::invalid_argument,
                fmt::format("\"{}\" is none of read, write, path=, class=, net=", word));
  }
  return row->set(rule, word.substr(equals + 1));
}

Status add_pools(SelectionRule& rule, std::string_view word) {
  if (word == "only") {
    rule.only = true;
    return {};
  }
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail(Errc::invalid_argument,
                fmt::format("\"{}\" is no tag of pools, KEY=VALUE, nor \"only\"", word));
  }
  rule.tags.emplace(word.substr(0, equals), word.substr(equals + 1));
  return {};
}

Result<SelectionRule> parse_rule(const std::string& text) {
  SelectionRule rule;
  rule.text = text;
  bool behind_arrow = false;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (word == arrow) {
      behind_arrow = true;
      continue;
    }
    SLUICE_CHECK(behind_arrow ? add_pools(rule, word) : add_condition(rule, word));
  }
  if (rule.tags.empty())
    return fail(Errc::invalid_argument, "no tag of pools, KEY=VALUE, behind the arrow ->");
  return rule;
}

bool is_in(const net::Network& network, std::string_view client) {
  auto endpoint = parse_endpoint(client);
  if (!endpoint) return false;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint->host, error);
  return !error && network.has(address);
}

}  // namespace

bool SelectionRule::matches(const Wish& wish) const {
  return (!writes || *writes == wish.writes) && (!path || auth::is_at_or_below(wish.path, *path)) &&
         (!storage_class || *storage_class == wish.storage_class) &&
         (!network || is_in(*network, wish.client));
}

bool SelectionRule::takes(const catalogue::Pool& pool) const {
  return std::ranges::all_of(tags, [&](const auto& tag) {
    auto found = pool.tags.find(tag.first);
    return found != pool.tags.end() && found->second == tag.second;
  });
}

Result<Selection> Selection::parse(std::span<const std::string> rules) {
  Selection out;
  for (const std::string& text : rules) {
    auto rule = parse_rule(text);
    if (!rule) {
      return fail(Errc::invalid_argument,
                  fmt::format("door.selection: \"{}\": {}", text, rule.error().detail));
    }
    out.rules_.push_back(std::move(*rule));
  }
  return out;
}

bool Selection::asks_for_class() const {
  return std::ranges::any_of(
      rules_, [](const SelectionRule& rule) { return rule.storage_class.has_value(); });
}

std::vector<const SelectionRule*> Selection::matching(const Wish& wish) const {
  std::vector<const SelectionRule*> out;
  for (const SelectionRule& rule : rules_)
    if (rule.matches(wish)) out.push_back(&rule);
  return out;
}

std::vector<std::int64_t> Selection::without_others(const SelectionRule& rule,
                                                    const PoolPicture& pools,
                                                    std::span<const std::int64_t> excluded) {
  std::vector<std::int64_t> out(excluded.begin(), excluded.end());
  for (const auto& view : pools)
    if (!rule.takes(view->pool)) out.push_back(view->pool.id.number);
  return out;
}

}  // namespace sluice::door
