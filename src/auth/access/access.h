// SPDX-License-Identifier: Apache-2.0
// The part of every decision that needs no look at the namespace, in one order: read-only switch, the lists of paths, then the
// scopes of a token if it has any, or else what anonymous clients may do.
#pragma once

#include "auth/access/config.h"
#include "auth/activity.h"
#include "auth/principal.h"
#include "base/result.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth {

class Access {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // `is_local`: the server listens on loopback only. Errc::invalid_argument names what is wrong with the settings.
  static Result<Access> make(const AccessConfig& config, bool is_local);

  // As whom somebody is decided that nothing is known of; its name, its token and what restricts it stay.
  Principal anonymous(Principal unmapped) const;
  Anonymous anonymous_rights() const { return anonymous_rights_; }

  // May this be done at that path at all? `path` is in normal form.
  Status check(const Principal& who, Activity activity, std::string_view path,
               WallTime now = std::chrono::system_clock::now()) const;

 private:
  Status check_anonymous(bool is_change, std::string_view path) const;

  bool read_only_ = false;
  Anonymous anonymous_rights_ = Anonymous::none;
  Principal account_;  // of those that nothing is known of
  std::vector<std::string> read_paths_;
  std::vector<std::string> write_paths_;
};

}  // namespace sluice::auth
