// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/mapping.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::auth {
namespace {

constexpr std::size_t max_ban_file = 16U << 20;  // bytes
constexpr std::string_view file_word = "file=";

Result<std::vector<Rule>> parse_bans(const FileText& file, const std::string& path) {
  std::vector<Rule> out;
  std::size_t number = 0;
  for (std::string_view line : split(file.text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto rule = Rule::parse_ban(line);
    if (!rule) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}:{}: {}", path, number, rule.error().detail));
    }
    out.push_back(std::move(*rule));
  }
  return out;
}

void note(std::vector<Step>* steps, const Rule& rule, bool is_ban, bool holds, std::string why) {
  if (steps != nullptr) steps->push_back({is_ban, rule.text, holds, std::move(why)});
}

tl::unexpected<Error> denied(std::string what) {
  return fail(Errc::not_authorized, std::move(what));
}

// Only what the operator wrote is a number: a client that is called 0 is looked up like any other.
std::optional<std::int64_t> number_of(std::string_view text) {
  auto number = parse_int<std::int64_t>(text, 0, UINT32_MAX);
  return number ? std::optional(*number) : std::nullopt;
}

struct Variables {
  std::string name;
  std::string vo;
  std::string account;
};

bool is_variable(std::string_view text) { return text.find('%') != std::string_view::npos; }

std::string filled(std::string_view text, const Variables& variables) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> words{
      {{"%name", &variables.name}, {"%vo", &variables.vo}, {"%account", &variables.account}}};
  std::string out;
  while (!text.empty()) {
    const auto* const word =
        std::ranges::find_if(words, [&](const auto& one) { return text.starts_with(one.first); });
    if (word == words.end()) {
      out.push_back(text.front());
      text.remove_prefix(1);
    } else {
      out += *word->second;
      text.remove_prefix(word->first.size());
    }
  }
  return out;
}

// A client's own words may name one directory, and lead nowhere else.
Result<std::string> filled_path(std::string_view text, const Variables& variables) {
  for (const std::string* value : {&variables.name, &variables.vo, &variables.account}) {
    const bool is_plain =
        !value->empty() && *value != "." && *value != ".." && value->find('/') == std::string::npos;
    const bool is_used = (value == &variables.name && text.find("%name") != text.npos) ||
                         (value == &variables.vo && text.find("%vo") != text.npos) ||
                         (value == &variables.account && text.find("%account") != text.npos);
    if (is_used && !is_plain)
      return denied(fmt::format("\"{}\" is no name of a directory in {}", *value, text));
  }
  std::string out = filled(text, variables);
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

Variables variables_of(const Identity& identity, const std::string& account) {
  return {short_name(identity), identity.vo, account};
}

Principal unmapped(const Identity& identity) {
  Principal out;
  out.name = identity.name;
  out.token = identity.token;
  return out;
}

}  // namespace

Result<Mapping> Mapping::parse(const MappingConfig& config, FindAccount account, FindGroup group) {
  Mapping out;
  using Accounts = Remembered<std::optional<Account>>;
  using Groups = Remembered<std::optional<std::int64_t>>;
  out.accounts_ =
      std::make_shared<Accounts>(std::move(account), config.cache_lifetime, config.cache_size);
  out.groups_ =
      std::make_shared<Groups>(std::move(group), config.cache_lifetime, config.cache_size);
  for (const std::string& text : config.mapping) {
    auto rule = Rule::parse(text);
    if (!rule) {
      return fail(Errc::invalid_argument,
                  fmt::format("auth.mapping: \"{}\": {}", text, rule.error().message()));
    }
    out.rules_.push_back(std::move(*rule));
  }
  for (const std::string& text : config.ban) {
    if (auto added = out.add_ban(text); !added) {
      return fail(Errc::invalid_argument,
                  fmt::format("auth.ban: \"{}\": {}", text, added.error().message()));
    }
  }
  return out;
}

Status Mapping::add_ban(const std::string& text) {
  if (!text.starts_with(file_word)) {
    SLUICE_TRY(Rule rule, Rule::parse_ban(text));
    bans_.push_back(std::move(rule));
    return {};
  }
  SLUICE_TRY(auto file,
             ParsedFile<Bans>::open(text.substr(file_word.size()), max_ban_file, &parse_bans));
  ban_files_.push_back(std::move(file));
  return {};
}

Result<Principal> Mapping::map(const Identity& identity) const { return decide(identity, nullptr); }

Explanation Mapping::explain(const Identity& identity) const {
  std::vector<Step> steps;
  auto result = decide(identity, &steps);
  return {std::move(steps), std::move(result)};
}

Result<Principal> Mapping::decide(const Identity& identity, std::vector<Step>* steps) const {
  if (ban_of(identity, steps)) return denied(fmt::format("{} is banned", identity.name));
  for (const Rule& rule : rules_) {
    if (auto reason = objection(rule, identity)) {
      note(steps, rule, false, false, std::move(*reason));
      continue;
    }
    std::string account;
    if (rule.source) {
      auto found = account_of(rule, identity);
      if (!found && found.error().code != Errc::not_found)
        return tl::unexpected<Error>(std::move(found).error());
      if (!found) {
        note(steps, rule, false, false, found.error().detail);
        continue;
      }
      account = std::move(*found);
    }
    note(steps, rule, false, true, account.empty() ? "" : "account " + account);
    if (rule.outcome.deny) return denied(fmt::format("{} is denied by a rule", identity.name));
    return principal_of(rule, identity, account);
  }
  return unmapped(identity);
}

std::optional<std::string> Mapping::ban_of(const Identity& identity,
                                           std::vector<Step>* steps) const {
  const auto among = [&](const Bans& bans) -> const Rule* {
    for (const Rule& rule : bans) {
      auto reason = objection(rule, identity);
      note(steps, rule, true, !reason, reason.value_or(""));
      if (!reason) return &rule;
    }
    return nullptr;
  };
  if (const Rule* rule = among(bans_)) return rule->text;
  for (const auto& file : ban_files_) {
    const auto bans = file->now();
    // Of a long file only the line that holds is told.
    const auto holds =
        std::ranges::find_if(*bans, [&](const Rule& rule) { return !objection(rule, identity); });
    if (holds == bans->end()) {
      if (steps != nullptr)
        steps->push_back({true, "file=" + file->path(), false,
                          fmt::format("none of its {} lines", bans->size())});
      continue;
    }
    note(steps, *holds, true, true, "in " + file->path());
    return holds->text;
  }
  return std::nullopt;
}

Result<std::string> Mapping::account_of(const Rule& rule, const Identity& identity) const {
  if (const auto* grid = std::get_if<FromGridMap>(&*rule.source)) {
    const auto map = grid->file->now();
    if (const std::string* account = map->account(identity.name)) return *account;
    return fail(Errc::not_found, fmt::format("{} is not in {}", identity.name, grid->file->path()));
  }
  if (const auto* vos = std::get_if<FromVoMap>(&*rule.source)) {
    const auto map = vos->file->now();
    if (const std::string* account = map->account(identity.name, identity.fqans)) return *account;
    return fail(Errc::not_found, fmt::format("{} has none of its FQANs", vos->file->path()));
  }
  std::string name = short_name(identity);
  SLUICE_TRY(const auto account, accounts_->find(name));
  if (!account) return fail(Errc::not_found, fmt::format("there is no account {}", name));
  if (account->user == 0) return fail(Errc::not_found, name + " is root, which nobody becomes so");
  return name;
}

Result<Account> Mapping::find_account(const std::string& name) const {
  SLUICE_TRY(auto account, accounts_->find(name));
  if (!account) return denied(fmt::format("there is no account {}", name));
  return *account;
}

Result<std::int64_t> Mapping::find_group(const std::string& name) const {
  SLUICE_TRY(const auto group, groups_->find(name));
  if (!group) return denied(fmt::format("there is no group {}", name));
  return *group;
}

Result<Principal> Mapping::principal_of(const Rule& rule, const Identity& identity,
                                        const std::string& account) const {
  const Outcome& outcome = rule.outcome;
  const Variables variables = variables_of(identity, account);
  Principal out;
  out.token = identity.token;
  out.is_anonymous = outcome.anonymous;
  out.is_superuser = outcome.superuser;
  out.may_only_read = outcome.read_only;
  out.name = identity.name;
  const std::string user = outcome.user ? filled(*outcome.user, variables) : account;
  const auto number = outcome.user && !is_variable(*outcome.user) ? number_of(user) : std::nullopt;
  if (number) {
    out.user = *number;
  } else if (!user.empty() || outcome.user) {
    SLUICE_TRY(Account found, find_account(user));
    if (found.user == 0 && outcome.user && is_variable(*outcome.user))
      return denied(fmt::format("{} is root, which nobody becomes so", user));
    out.user = found.user;
    out.groups = std::move(found.groups);
    out.name = user;
  }
  if (outcome.groups) {
    out.groups.clear();
    for (const std::string& text : *outcome.groups) {
      const auto fixed = is_variable(text) ? std::nullopt : number_of(text);
      SLUICE_TRY(const std::int64_t group,
                 fixed ? Result<std::int64_t>(*fixed) : find_group(filled(text, variables)));
      out.groups.push_back(group);
    }
  }
  if (outcome.name) out.name = filled(*outcome.name, variables);
  if (outcome.root) {
    SLUICE_TRY(out.root, filled_path(*outcome.root, variables));
  }
  if (outcome.home) {
    SLUICE_TRY(out.home, filled_path(*outcome.home, variables));
  }
  return out;
}

Status Mapping::reload() const {
  accounts_->forget();
  groups_->forget();
  for (const auto& file : ban_files_) SLUICE_CHECK(file->reload());
  for (const Rule& rule : rules_) {
    if (!rule.source) continue;
    if (const auto* grid = std::get_if<FromGridMap>(&*rule.source))
      SLUICE_CHECK(grid->file->reload());
    if (const auto* vos = std::get_if<FromVoMap>(&*rule.source)) SLUICE_CHECK(vos->file->reload());
  }
  return {};
}

}  // namespace sluice::auth
