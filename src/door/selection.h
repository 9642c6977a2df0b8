// SPDX-License-Identifier: Apache-2.0
// Which pools are asked first: an operator's rules on what is done, where in the namespace, for which storage class and from
// which network. A rule names pools by their tags.
#pragma once

#include "base/result.h"
#include "catalogue/pools.h"
#include "door/pool_board.h"
#include "net/network.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::door {

// What a client, or a door that wants another copy, is about to do.
struct Wish {
  bool writes = false;
  std::string_view path = {};           // normal form
  std::string_view storage_class = {};  // empty: none, or not known
  std::string_view client = {};         // ADDRESS:PORT; empty: no client, a door
};

// "write path=/raw net=10.1.0.0/16 -> disk=ssd site=a only"
struct SelectionRule {
  std::string text;
  std::optional<bool> writes;
  std::optional<std::string> path;
  std::optional<std::string> storage_class;
  std::optional<net::Network> network;
  catalogue::Texts tags;  // that a pool must have, all of them
  bool only = false;      // if it matches no others are asked

  bool matches(const Wish& wish) const;
  bool takes(const catalogue::Pool& pool) const;
};

class Selection {
 public:
  // Errc::invalid_argument names the rule and what is wrong with it.
  static Result<Selection> parse(std::span<const std::string> rules);

  bool is_empty() const { return rules_.empty(); }
  // Whether any rule asks for the class, which doors look up only then.
  bool asks_for_class() const;

  // `choose` gets the ids of pools that it must leave out, and is called for the pools of one matching rule after the other,
  // then for all pools, until it finds one.
  template <class Choose>
  auto choose(const PoolPicture& pools, const Wish& wish, std::span<const std::int64_t> excluded,
              Choose choose) const -> decltype(choose(excluded)) {
    for (const SelectionRule& rule : rules_) {
      if (!rule.matches(wish)) continue;
      auto found = choose(without_others(rule, pools, excluded));
      if (found || rule.only) return found;
    }
    return choose(excluded);
  }

  // The rules that concern it, in their order.
  std::vector<const SelectionRule*> matching(const Wish& wish) const;

 private:
  static std::vector<std::int64_t> without_others(const SelectionRule& rule,
                                                  const PoolPicture& pools,
                                                  std::span<const std::int64_t> excluded);

  std::vector<SelectionRule> rules_;
};

}  // namespace sluice::door
