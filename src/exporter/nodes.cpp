// SPDX-License-Identifier: Apache-2.0
#include "exporter/nodes.h"

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::exporter {
namespace {

const Logger log("export");

constexpr std::string_view last_key = "sluice.node";
constexpr std::string_view excluded_key = "sluice.failed";
constexpr std::string_view count_key = "sluice.attempt";
constexpr std::size_t max_excluded = 64;

bool names(const std::vector<std::string>& list, const Endpoint& address) {
  // Clients' own lists have hosts without ports.
  return std::ranges::any_of(list, [&](const std::string& name) {
    return name == to_text(address) || name == address.host;
  });
}

// The reason belongs to the last server of the list. Only these two say that it cannot serve the file.
bool cannot_serve(const xroot::Opaque& opaque) {
  const std::string_view last = split(opaque.get("triedrc").value_or(""), ',').back();
  return equal_ignoring_case(last, "enoent") || equal_ignoring_case(last, "ioerr");
}

}  // namespace

void Node::answered(bool it_did) {
  if (online_.exchange(it_did) == it_did) return;
  log.warn(it_did ? "node.answers" : "node.silent", {{"node", to_text(address_)}});
}

Attempts Attempts::of(const xroot::Opaque& opaque) {
  Attempts found;
  auto tried = opaque.get("tried");
  if (!tried) return found;
  found.count = parse_int<unsigned>(opaque.get(count_key).value_or("0"), 0, 1000).value_or(0) + 1;
  for (std::string_view name : split(opaque.get(excluded_key).value_or(""), ',')) {
    if (!name.empty() && found.excluded.size() < max_excluded) found.excluded.emplace_back(name);
  }
  // Whoever comes from another door knows only hosts.
  std::string last(opaque.get(last_key).value_or(split(*tried, ',').back()));
  if (cannot_serve(opaque)) {
    if (found.excluded.size() < max_excluded) found.excluded.push_back(std::move(last));
  } else {
    found.avoided = std::move(last);
  }
  return found;
}

std::string Attempts::cgi(const std::string& node) const {
  std::string out;
  xroot::Opaque::append(out, last_key, node);
  xroot::Opaque::append(out, count_key, std::to_string(count));
  // Also when it is empty: an older value of the client's would stay.
  xroot::Opaque::append(out, excluded_key, fmt::format("{}", fmt::join(excluded, ",")));
  return out;
}

Result<std::unique_ptr<Nodes>> Nodes::make(const std::vector<std::string>& addresses) {
  auto made = std::make_unique<Nodes>();
  for (const std::string& text : addresses) {
    auto address = parse_endpoint(text);
    if (!address || address->is_any() || address->port == 0)
      return fail(Errc::usage, "export.nodes: \"" + text + "\" is not HOST:PORT of a server");
    made->all_.push_back(std::make_shared<Node>(*std::move(address)));
  }
  return made;
}

const Node* Nodes::choose(const Attempts& attempts, bool again) {
  const std::size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  const Node* last = nullptr;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Node& node = *all_[(first + i) % all_.size()];
    const Endpoint address = *node.address();
    if (!node.is_online() || names(attempts.excluded, address)) continue;
    if (!names({attempts.avoided}, address)) return &node;
    last = &node;
  }
  return again ? last : nullptr;
}

bool Nodes::is_any_left(const Attempts& attempts) const {
  return std::ranges::any_of(
      all_, [&](const auto& node) { return !names(attempts.excluded, *node->address()); });
}

}  // namespace sluice::exporter
