// SPDX-License-Identifier: Apache-2.0
#include "auth/principal.h"

namespace sluice::auth {

std::pair<std::int64_t, std::int64_t> Principal::owner_in(std::int64_t user_of_directory,
                                                          std::int64_t group_of_directory) const {
  if (user < 0) return {user_of_directory, group_of_directory};
  return {user, groups.empty() ? group_of_directory : groups.front()};
}

}  // namespace sluice::auth
