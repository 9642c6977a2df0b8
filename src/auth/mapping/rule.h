// SPDX-License-Identifier: Apache-2.0
// One rule of auth.mapping, or one line of auth.ban, which is the part before the arrow:
//   gsi,token vo=cms gridmap=/etc/grid-security/grid-mapfile -> group=cms root=/cms
#pragma once

#include "auth/identity.h"
#include "auth/mapping/map_files.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::auth {

// What an identity shows under a word of conditions: `fqan` may have several values, `dn` one.
using Values = std::vector<std::string>;

struct Condition {
  std::string_view key;
  Values (*values)(const Identity& identity);
  std::string pattern;
};

// Where a rule has an account from, if not from its right side. The account must be there for the rule to hold.
struct FromGridMap {
  std::shared_ptr<ParsedFile<GridMap>> file;
};
struct FromVoMap {
  std::shared_ptr<ParsedFile<VoMap>> file;
};
struct SameName {};  // the account that is called as the client is
using Source = std::variant<FromGridMap, FromVoMap, SameName>;

// What follows; texts may have %name, %vo and %account in them.
struct Outcome {
  std::optional<std::string> user;
  std::optional<std::vector<std::string>> groups;
  std::optional<std::string> name;
  std::optional<std::string> root;
  std::optional<std::string> home;
  bool read_only = false;
  bool superuser = false;
  bool anonymous = false;
  bool deny = false;
};

struct Rule {
  std::string text;
  std::vector<std::string> methods;  // as Identity has them; empty: all
  bool is_trusted = false;           // what is only claimed is believed
  std::vector<Condition> conditions;
  std::optional<Source> source;
  Outcome outcome;

  // Errc::invalid_argument says which word is wrong; the caller names the rule.
  static Result<Rule> parse(std::string_view text);
  // Of auth.ban: no arrow, and a line may be just a DN.
  static Result<Rule> parse_ban(std::string_view text);

  bool has_condition(std::string_view key) const;
};

// Why the rule is not for this identity, or nothing; its source of accounts is not asked.
std::optional<std::string> objection(const Rule& rule, const Identity& identity);

// A krb5 principal without its realm, else the name.
std::string short_name(const Identity& identity);

}  // namespace sluice::auth
