// SPDX-License-Identifier: Apache-2.0
// The rights that a token carries: words of the `scope` claim (WLCG common JWT profile, SciTokens), and the question whether
// they allow what somebody wants to do.
#pragma once

#include "auth/token/token.h"
#include "base/result.h"

#include <string_view>
#include <vector>

namespace sluice::auth {

inline constexpr std::size_t max_scopes = 256;

enum class ScopeWords : bool {
  storage,        // storage.*
  with_scitokens  // and the bare words of SciTokens, "read:/p"
};

// Appends what one word of the claim means; words that are not about storage mean nothing. A word of storage that is not known
// gives a scope that allows nothing, so that the token stays one that tells what, and the rights of its subject are not asked.
// For the same reason a word with a bad path is an error and not left out.
Status append_scope(std::vector<Scope>& scopes, std::string_view word, std::string_view prefix,
                    ScopeWords words);

// May whoever has the token do that at the path? `path` is in normal form and in the words of the namespace, as the prefixes of
// issuers are; a path in another form is refused. Directories above a scope may be looked at, and made where something in the
// scope may be; nothing is moved there.
bool allows(const Token& token, Activity activity, std::string_view path);

}  // namespace sluice::auth
