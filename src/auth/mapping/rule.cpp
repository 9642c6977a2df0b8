// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/rule.h"

#include "auth/mapping/pattern.h"
#include "auth/mapping/words.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

namespace sluice::auth {
namespace {

// --- methods ---

struct MethodWord {
  std::string_view word;
  std::string_view method;  // of Identity
  bool proves;
};
constexpr std::array method_words{
    MethodWord{"gsi", "gsi", true},    MethodWord{"token", "ztn", true},
    MethodWord{"ztn", "ztn", true},    MethodWord{"sss", "sss", true},
    MethodWord{"krb5", "krb5", true},  MethodWord{"unix", "unix", false},
    MethodWord{"host", "host", false}, MethodWord{"none", "", false},
};

// --- conditions ---

Values one(std::string text) { return text.empty() ? Values() : Values{std::move(text)}; }

Values dn_of(const Identity& who) { return one(canonical_dn(who.name)); }
Values name_of(const Identity& who) { return one(who.name); }
Values groups_of(const Identity& who) { return who.groups; }
Values vo_of(const Identity& who) { return one(who.vo); }
Values short_name_of(const Identity& who) { return one(short_name(who)); }

Values fqans_of(const Identity& who) {
  Values out;
  for (const std::string& fqan : who.fqans) out.push_back(canonical_fqan(fqan));
  return out;
}

Values realm_of(const Identity& who) {
  const std::size_t at = who.name.rfind('@');
  return at == std::string::npos ? Values() : one(who.name.substr(at + 1));
}

// The URL, and without https:// and the slash at its end, as people write it.
Values issuer_of(const Identity& who) {
  if (!who.token) return {};
  std::string_view plain = who.token->issuer;
  if (plain.starts_with("https://")) plain.remove_prefix(8);
  while (plain.ends_with('/')) plain.remove_suffix(1);
  return {who.token->issuer, std::string(plain)};
}

struct ConditionRow {
  std::string_view key;
  std::string_view methods;  // that have it, as Identity names them
  Values (*values)(const Identity& identity);
};
constexpr std::array condition_rows{
    ConditionRow{"dn", "gsi", &dn_of},
    ConditionRow{"fqan", "gsi", &fqans_of},
    ConditionRow{"vo", "gsi", &vo_of},
    ConditionRow{"issuer", "ztn", &issuer_of},
    ConditionRow{"subject", "ztn", &name_of},
    ConditionRow{"group", "ztn sss unix", &groups_of},
    ConditionRow{"user", "sss krb5 unix", &short_name_of},
    ConditionRow{"principal", "krb5", &name_of},
    ConditionRow{"realm", "krb5", &realm_of},
    ConditionRow{"host", "host", &name_of},
    ConditionRow{"name", "gsi ztn sss krb5 unix host none", &name_of},
};
constexpr std::array<std::string_view, 4> other_conditions{"gridmap", "vo-map", "account",
                                                           "trusted"};

bool has_word(std::string_view words, std::string_view word) {
  return std::ranges::any_of(split(words, ' '), [&](auto one_of) { return one_of == word; });
}

bool fits(const ConditionRow& row, const std::vector<std::string>& methods) {
  return methods.empty() || std::ranges::any_of(methods, [&](const std::string& method) {
           return has_word(row.methods, method.empty() ? "none" : method);
         });
}

// --- words that are wrong ---

tl::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid_argument, std::move(what));
}

tl::unexpected<Error> unknown(std::string_view word, std::string_view what,
                              std::span<const std::string_view> known) {
  std::string text = fmt::format("\"{}\" is no {}", word, what);
  if (const auto near = nearest(word.substr(0, word.find('=')), known))
    return wrong(fmt::format("{}; did you mean {}?", text, *near));
  return wrong(fmt::format("{}: there are {}", text, fmt::join(known, ", ")));
}

struct KeyValue {
  std::string_view key;
  std::optional<std::string_view> value;
};

KeyValue key_value(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

// --- the left side ---

Status set_methods(Rule& rule, std::string_view word) {
  if (word == "*") return {};
  for (std::string_view one_word : split(word, ',')) {
    const auto* const row = std::ranges::find(method_words, one_word, &MethodWord::word);
    if (row == method_words.end()) {
      std::vector<std::string_view> known{"*"};
      for (const MethodWord& method : method_words) known.push_back(method.word);
      return unknown(one_word, "method", known);
    }
    rule.methods.emplace_back(row->method);
  }
  return {};
}

template <class Map>
Result<std::shared_ptr<ParsedFile<Map>>> map_file(std::string_view path) {
  SLUICE_TRY(auto file, ParsedFile<Map>::open(std::string(path), max_map_file, &Map::parse));
  return std::shared_ptr<ParsedFile<Map>>(std::move(file));
}

Result<Source> source_of(const KeyValue& word) {
  if (word.key == "account") return Source(SameName{});
  if (!word.value || !word.value->starts_with('/'))
    return wrong(fmt::format("{} wants the absolute path of a file", word.key));
  if (word.key == "gridmap") {
    SLUICE_TRY(auto file, map_file<GridMap>(*word.value));
    return Source(FromGridMap{std::move(file)});
  }
  SLUICE_TRY(auto file, map_file<VoMap>(*word.value));
  return Source(FromVoMap{std::move(file)});
}

bool is_source(const KeyValue& word) {
  return (word.key == "account" && !word.value) || word.key == "gridmap" || word.key == "vo-map";
}

Status add_condition(Rule& rule, std::string_view text) {
  const KeyValue word = key_value(text);
  if (text == "trusted") {
    rule.is_trusted = true;
    return {};
  }
  if (is_source(word)) {
    if (rule.source) return wrong(fmt::format("\"{}\" is a second source of accounts", text));
    SLUICE_TRY(rule.source, source_of(word));
    return {};
  }
  const auto* const row = std::ranges::find(condition_rows, word.key, &ConditionRow::key);
  if (row == condition_rows.end() || !word.value) {
    std::vector<std::string_view> known(other_conditions.begin(), other_conditions.end());
    for (const ConditionRow& one_row : condition_rows)
      if (fits(one_row, rule.methods)) known.push_back(one_row.key);
    return unknown(text, "condition", known);
  }
  if (!fits(*row, rule.methods)) {
    return wrong(fmt::format("{}= is a condition of {}, which this rule is not for", word.key,
                             row->methods));
  }
  if (word.value->empty()) return wrong(fmt::format("{}= has no value", word.key));
  std::string pattern(*word.value);
  if (word.key == "dn") pattern = canonical_dn(pattern);
  if (word.key == "fqan") pattern = canonical_fqan(pattern);
  rule.conditions.push_back({row->key, row->values, std::move(pattern)});
  return {};
}

// --- the right side ---

Status check_path(std::string_view path) {
  if (!path.starts_with('/')) return wrong(fmt::format("{} does not begin with /", path));
  for (std::string_view part : split(path, '/'))
    if (part == "." || part == "..") return wrong(fmt::format("{} has {} in it", path, part));
  return {};
}

constexpr std::array<std::string_view, 3> variables{"%name", "%vo", "%account"};

Status check_variables(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const bool known = std::ranges::any_of(
        variables, [&](auto variable) { return text.substr(at).starts_with(variable); });
    if (!known) {
      return wrong(fmt::format("\"{}\": % stands before name, vo or account only", text));
    }
  }
  return {};
}

using OutcomeText = std::optional<std::string> Outcome::*;
struct TextRow {
  std::string_view key;
  OutcomeText field;
  bool is_path;
};
constexpr std::array text_rows{
    TextRow{"user", &Outcome::user, false}, TextRow{"name", &Outcome::name, false},
    TextRow{"root", &Outcome::root, true}, TextRow{"home", &Outcome::home, true}};

struct FlagRow {
  std::string_view word;
  bool Outcome::* field;
};
constexpr std::array flag_rows{
    FlagRow{"read-only", &Outcome::read_only}, FlagRow{"superuser", &Outcome::superuser},
    FlagRow{"anonymous", &Outcome::anonymous}, FlagRow{"deny", &Outcome::deny}};

Status add_outcome(Outcome& outcome, std::string_view text) {
  const KeyValue word = key_value(text);
  if (word.value && word.value->empty()) return wrong(fmt::format("{}= has no value", word.key));
  if (word.key == "group" && word.value) {
    auto& groups = outcome.groups.emplace();
    for (std::string_view group : split(*word.value, ',')) {
      if (group.empty()) return wrong(fmt::format("\"{}\" has an empty group", text));
      groups.emplace_back(group);
    }
    return check_variables(*word.value);
  }
  if (const auto* row = std::ranges::find(text_rows, word.key, &TextRow::key);
      row != text_rows.end() && word.value) {
    if (row->is_path) SLUICE_CHECK(check_path(*word.value));
    SLUICE_CHECK(check_variables(*word.value));
    outcome.*row->field = std::string(*word.value);
    return {};
  }
  if (const auto* row = std::ranges::find(flag_rows, text, &FlagRow::word);
      row != flag_rows.end()) {
    outcome.*row->field = true;
    return {};
  }
  std::vector<std::string_view> known{"group"};
  for (const TextRow& row : text_rows) known.push_back(row.key);
  for (const FlagRow& row : flag_rows) known.push_back(row.word);
  return unknown(text, "result", known);
}

bool names_unproven(const Rule& rule) {
  return std::ranges::any_of(rule.methods, [](const std::string& method) {
    const auto* const row = std::ranges::find(method_words, method, &MethodWord::method);
    return row != method_words.end() && !row->proves;
  });
}

Status check_whole(const Rule& rule) {
  const Outcome& outcome = rule.outcome;
  const bool is_somebody = outcome.user || outcome.groups || outcome.superuser;
  if (outcome.deny && (is_somebody || outcome.anonymous || outcome.name || outcome.root ||
                       outcome.home || outcome.read_only))
    return wrong("deny stands alone: nothing else follows");
  if (outcome.anonymous && is_somebody)
    return wrong("anonymous has no user=, no group= and is no superuser");
  const bool is_known = !outcome.deny && !outcome.anonymous;
  if (is_known && names_unproven(rule) && !rule.is_trusted) {
    return wrong(
        "unix, host and none prove nothing; \"trusted\" before the arrow lets the rule believe "
        "them");
  }
  const bool has_account = rule.source.has_value();
  for (const auto& text : {outcome.user, outcome.name, outcome.root, outcome.home})
    if (text && !has_account && text->find("%account") != std::string::npos)
      return wrong("%account is known only to rules with account, gridmap= or vo-map=");
  return {};
}

// jane@HERE and jane@ELSEWHERE are not the same: a rule that goes by "jane" says which it means. Names without a realm were
// made by Kerberos itself, for principals of ours (auth.krb5.local_names).
bool lacks_realm(const Rule& rule, const Identity& identity) {
  if (identity.method != "krb5" || identity.name.find('@') == std::string::npos) return false;
  if (rule.outcome.deny || rule.has_condition("realm") || rule.has_condition("principal"))
    return false;
  const Outcome& outcome = rule.outcome;
  const bool uses_name = std::ranges::any_of(
      std::array{&outcome.user, &outcome.root, &outcome.home},
      [](const auto* text) { return *text && (*text)->find("%name") != std::string::npos; });
  return uses_name || rule.has_condition("user") ||
         (rule.source && std::holds_alternative<SameName>(*rule.source));
}

}  // namespace

Result<Rule> Rule::parse(std::string_view text) {
  Rule rule;
  rule.text = std::string(text);
  SLUICE_TRY(const auto words, words_of(text));
  const auto arrow = std::ranges::find(words, "->");
  if (words.empty() || arrow == words.begin())
    return wrong("does not begin with a method, or * for all");
  if (arrow == words.end()) return wrong("has no arrow -> with what follows");
  SLUICE_CHECK(set_methods(rule, words.front()));
  for (auto word = words.begin() + 1; word != arrow; ++word)
    SLUICE_CHECK(add_condition(rule, *word));
  for (auto word = arrow + 1; word != words.end(); ++word)
    SLUICE_CHECK(add_outcome(rule.outcome, *word));
  if (arrow + 1 == words.end() && !rule.source) return wrong("nothing follows behind the arrow ->");
  SLUICE_CHECK(check_whole(rule));
  return rule;
}

Result<Rule> Rule::parse_ban(std::string_view text) {
  Rule rule;
  rule.text = std::string(text);
  SLUICE_TRY(const auto words, words_of(text));
  if (words.empty()) return wrong("is empty");
  rule.outcome.deny = true;
  if (words.front().starts_with('/')) {
    // Without quotes, the line is the DN with its spaces.
    const std::string dn =
        text.find('"') == std::string_view::npos ? std::string(trim(text)) : words.front();
    rule.methods = {"gsi"};
    rule.conditions.push_back({"dn", &dn_of, canonical_dn(dn)});
    return rule;
  }
  SLUICE_CHECK(set_methods(rule, words.front()));
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "->") return wrong("has an arrow: who is banned is always denied");
    SLUICE_CHECK(add_condition(rule, words[i]));
  }
  if (rule.source || rule.is_trusted) return wrong("takes conditions only, no accounts");
  if (rule.conditions.empty()) return wrong("would ban everybody: it has no condition");
  return rule;
}

bool Rule::has_condition(std::string_view key) const {
  return std::ranges::find(conditions, key, &Condition::key) != conditions.end();
}

std::string short_name(const Identity& identity) {
  if (identity.method != "krb5") return identity.name;
  return identity.name.substr(0, identity.name.rfind('@'));
}

std::optional<std::string> objection(const Rule& rule, const Identity& identity) {
  const std::string method = identity.method.empty() ? "none" : identity.method;
  const bool is_named = std::ranges::find(rule.methods, identity.method) != rule.methods.end();
  if (!rule.methods.empty() && !is_named) return fmt::format("the method is {}", method);
  const bool believes = rule.outcome.deny || rule.outcome.anonymous || rule.is_trusted;
  if (!identity.is_proven && !(believes && (is_named || rule.outcome.deny)))
    return fmt::format("{} proves nothing, and the rule does not trust it by name", method);
  if (lacks_realm(rule, identity))
    return fmt::format("{} is of a realm: the rule needs realm=", identity.name);
  for (const Condition& condition : rule.conditions) {
    const Values values = condition.values(identity);
    const bool holds = std::ranges::any_of(
        values, [&](const auto& value) { return matches_pattern(value, condition.pattern); });
    if (holds) continue;
    if (values.empty()) return fmt::format("there is no {}", condition.key);
    return fmt::format("{} is {}", condition.key, fmt::join(values, ", "));
  }
  return std::nullopt;
}

}  // namespace sluice::auth
