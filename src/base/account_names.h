// SPDX-License-Identifier: Apache-2.0
// Names of users and groups for the owner and group words of a stat. Read once from /etc/passwd and
// /etc/group: a name service behind them may ask the network, which no request may wait for.
#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

namespace sluice {

class AccountNames {
 public:
  AccountNames();
  // The name, or the number where this machine knows none.
  std::string user(uid_t number) const { return name_of(users_, number); }
  std::string group(gid_t number) const { return name_of(groups_, number); }

 private:
  using Names = std::unordered_map<unsigned, std::string>;
  static std::string name_of(const Names& names, unsigned number) {
    auto found = names.find(number);
    return found != names.end() ? found->second : std::to_string(number);
  }

  Names users_;
  Names groups_;
};

}  // namespace sluice
