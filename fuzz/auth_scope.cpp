// SPDX-License-Identifier: Apache-2.0
// A scope: the first line of the input, and in the rest a path that somebody asks for. Whatever is allowed is at or below the
// scope, or above it and only to look at or to make.
#include "auth/token/path.h"
#include "auth/token/scope.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth;
  std::string_view input = as_text(fuzz::view(data, size));
  std::string_view word = input.substr(0, input.find('\n'));
  std::string_view path = input.size() > word.size() ? input.substr(word.size() + 1) : "";
  Token token;
  if (!append_scope(token.scopes, word, "/v/o", ScopeWords::with_scitokens)) {
    fuzz::check(token.scopes.empty());
    return 0;
  }
  for (const Scope& scope : token.scopes) {
    fuzz::check(is_normal_path(scope.path) && is_at_or_below(scope.path, "/v/o"));
    fuzz::check(normal_path(scope.path).value() == scope.path);
  }
  for (auto activity : {Activity::read_meta, Activity::download, Activity::upload,
                        Activity::overwrite, Activity::manage, Activity::remove}) {
    if (!allows(token, activity, path)) continue;
    fuzz::check(is_normal_path(path));
    bool is_in = is_at_or_below(path, token.scopes.front().path);
    bool is_above = is_at_or_below(token.scopes.front().path, path);
    bool may_be_above = activity == Activity::read_meta || activity == Activity::manage;
    fuzz::check(is_in || (is_above && may_be_above));
  }
  if (auto normal = normal_path(path)) fuzz::check(is_normal_path(*normal));
  return 0;
}
