// SPDX-License-Identifier: Apache-2.0
// Who may do what: the one decision that every request of a door goes through, in one order: read-only switch, the lists of
// paths, then the scopes of a token if it has any, or else what anonymous clients may do and rights in the namespace.
#pragma once

#include "auth/activity.h"
#include "auth/principal.h"
#include "base/result.h"
#include "catalogue/types.h"
#include "catalogue/walk.h"
#include "door/config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::door {

using auth::Activity;
using auth::Principal;

// Both in normal form; the directory itself is below it, too.
bool is_below(std::string_view path, std::string_view directory);

class Policy {
 public:
  // `is_local`: the door listens on loopback only. Errc::invalid_argument names what is wrong with the settings.
  static Result<Policy> make(const DoorConfig& config, bool is_local);

  // Of a client that proved nothing; `label` is what it calls itself.
  Principal anonymous(std::string_view label) const;
  // The same of one that the mapping made anonymous: its token and restrictions stay.
  Principal anonymous(const Principal& unmapped) const;
  Anonymous anonymous_rights() const { return anonymous_rights_; }

  // Before anything is looked up: may this be done below that path at all?
  Status check_path(const Principal& who, Activity activity, std::string_view path) const;
  // The same of the new name in a move.
  Status check_move_to(const Principal& who, std::string_view path) const;
  // With what was found there.
  Status check(const Principal& who, Activity activity, const catalogue::Walk& walk,
               std::string_view path) const;

 private:
  bool read_only_ = false;
  Anonymous anonymous_rights_ = Anonymous::none;
  Principal anonymous_;
  std::vector<std::string> read_paths_;
  std::vector<std::string> write_paths_;
};

}  // namespace sluice::door
