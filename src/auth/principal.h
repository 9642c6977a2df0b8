// SPDX-License-Identifier: Apache-2.0
// As whom a request is decided: what the mapping made of an Identity.
#pragma once

#include "auth/token/token.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::auth {

struct Principal {
  std::string name;                  // a label for records
  std::int64_t user = -1;            // -1: none; the rights of others
  std::vector<std::int64_t> groups;  // the first is that of new files
  bool is_superuser = false;         // rights in the namespace are not asked
  bool is_anonymous = true;
  bool may_only_read = false;
  std::string root = "/";  // what the client calls "/"
  std::string home = "/";
  // Where it has scopes, they are asked instead of the namespace.
  std::shared_ptr<const Token> token = {};

  // A token that says what may be done is the whole truth; one that only says who is asked like anybody.
  bool has_scopes() const { return token && !token->scopes.empty(); }

  // Owner and group of what is made in a directory: the principal's own, those of the directory when it has none.
  std::pair<std::int64_t, std::int64_t> owner_in(std::int64_t user_of_directory,
                                                 std::int64_t group_of_directory) const;
};

}  // namespace sluice::auth
