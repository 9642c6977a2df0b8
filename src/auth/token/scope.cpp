// SPDX-License-Identifier: Apache-2.0
#include "auth/token/scope.h"

#include "auth/token/path.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

using enum Activity;

struct ScopeRow {
  std::string_view word;
  Activities activities;
  bool is_scitokens;  // the path may be left out, which means "/"
};

// Every row has read_meta: what may be used may be looked at. Who may create changes nothing that is there, its mode and
// attributes included.
constexpr Activities reading{read_meta, list, download};
constexpr Activities writing{read_meta, list,    upload, overwrite,
                             manage,    move_to, remove, update_meta};
constexpr std::array rows{
    ScopeRow{"storage.read", reading, false},
    ScopeRow{"storage.create", {read_meta, upload, manage, move_to}, false},
    ScopeRow{"storage.modify", writing, false},
    ScopeRow{"storage.stage", {read_meta, list, download, stage}, false},
    ScopeRow{"storage.poll", {read_meta}, false},
    ScopeRow{"read", reading, true},
    ScopeRow{"write", writing, true},
};

constexpr std::string_view scitokens_prefix = "https://scitokens.org/v1/authz/";

tl::unexpected<Error> wrong_scope(std::string_view word, std::string_view why) {
  return fail(Errc::authentication, "the token has the scope " + json_quoted(word.substr(0, 64)) +
                                        ", " + std::string(why));
}

}  // namespace

Status append_scope(std::vector<Scope>& scopes, std::string_view word, std::string_view prefix,
                    ScopeWords words) {
  std::string_view rest = word;
  if (words == ScopeWords::with_scitokens && rest.starts_with(scitokens_prefix))
    rest.remove_prefix(scitokens_prefix.size());
  std::size_t colon = rest.find(':');
  std::string_view name = rest.substr(0, colon);
  auto row = std::ranges::find(rows, name, &ScopeRow::word);
  bool is_known = row != rows.end() && (!row->is_scitokens || words == ScopeWords::with_scitokens);
  if (!is_known) {
    if (name.starts_with("storage.")) scopes.push_back({{}, std::string(prefix)});
    return {};
  }
  std::string path = "/";
  if (colon != std::string_view::npos) {
    auto decoded = normal_encoded_path(rest.substr(colon + 1));
    if (!decoded) return wrong_scope(word, "which has " + decoded.error().detail);
    path = *std::move(decoded);
  } else if (!row->is_scitokens) {
    return wrong_scope(word, "which has no path");
  }
  scopes.push_back({row->activities, join_paths(prefix, path)});
  return {};
}

bool allows(const Token& token, Activity activity, std::string_view path) {
  if (!is_normal_path(path)) return false;
  bool also_above = activity == read_meta || activity == manage;
  return std::ranges::any_of(token.scopes, [&](const Scope& scope) {
    return scope.activities.has(activity) &&
           (is_at_or_below(path, scope.path) || (also_above && is_at_or_below(scope.path, path)));
  });
}

}  // namespace sluice::auth
