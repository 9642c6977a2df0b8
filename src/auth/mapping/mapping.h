// SPDX-License-Identifier: Apache-2.0
// From what a client proved to who it is here: bans first, then the rules of auth.mapping in their order. Used by many threads
// at once; may block, for files that changed and accounts that are looked up.
#pragma once

#include "auth/identity.h"
#include "auth/mapping/accounts.h"
#include "auth/mapping/config.h"
#include "auth/mapping/rule.h"
#include "auth/principal.h"
#include "base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::auth {

// What was asked on the way to a decision, in order.
struct Step {
  bool is_ban = false;
  std::string rule;
  bool holds = false;
  std::string why;  // it does not hold, or which account it gives
};

struct Explanation {
  std::vector<Step> steps;
  Result<Principal> result;
};

class Mapping {
 public:
  // Errc::invalid_argument names the rule and the word that is wrong, or the file that cannot be read.
  static Result<Mapping> parse(const MappingConfig& config, FindAccount account = &system_account,
                               FindGroup group = &system_group);

  // Errc::not_authorized: banned, denied by a rule, or a rule holds and its account is not there.
  Result<Principal> map(const Identity& identity) const;
  Explanation explain(const Identity& identity) const;

  // Looks at all files again and forgets accounts. The error names what is wrong; what was good before stays.
  Status reload() const;

 private:
  using Bans = std::vector<Rule>;

  Status add_ban(const std::string& text);
  Result<Principal> decide(const Identity& identity, std::vector<Step>* steps) const;
  // The rule of a ban that holds.
  std::optional<std::string> ban_of(const Identity& identity, std::vector<Step>* steps) const;
  // The account that a rule's source has; an error says why the rule does not hold.
  Result<std::string> account_of(const Rule& rule, const Identity& identity) const;
  Result<Principal> principal_of(const Rule& rule, const Identity& identity,
                                 const std::string& account) const;
  Result<Account> find_account(const std::string& name) const;
  Result<std::int64_t> find_group(const std::string& name) const;

  std::vector<Rule> rules_;
  Bans bans_;
  std::vector<std::shared_ptr<ParsedFile<Bans>>> ban_files_;
  std::shared_ptr<Remembered<std::optional<Account>>> accounts_;
  std::shared_ptr<Remembered<std::optional<std::int64_t>>> groups_;
};

}  // namespace sluice::auth
