// SPDX-License-Identifier: Apache-2.0
#include "door/rights.h"

#include <algorithm>

namespace sluice::door {
namespace {

using catalogue::Entry;
using catalogue::Passed;
using catalogue::Walk;

enum Right : std::uint32_t { search = 1, write = 2, read = 4 };

// rwx of the class that the principal belongs to, as POSIX chooses it.
bool may(const Principal& who, std::uint32_t mode, std::int64_t owner, std::int64_t group,
         Right right) {
  unsigned shift = 0;
  if (who.user == owner) {
    shift = 6;
  } else if (std::ranges::find(who.groups, group) != who.groups.end()) {
    shift = 3;
  }
  return ((mode >> shift) & right) != 0;
}

bool may(const Principal& who, const Entry& entry, Right right) {
  return may(who, entry.mode, entry.owner, entry.group, right);
}

bool may(const Principal& who, const Passed& directory, Right right) {
  return may(who, directory.mode, directory.owner, directory.group, right);
}

// The rights in the namespace that an activity needs besides passing the directories on the way.
bool namespace_allows(const Principal& who, Activity activity, const Walk& walk) {
  bool parent_writable = !walk.passed.empty() && may(who, walk.passed.back(), write);
  const auto& entry = walk.entry;
  switch (activity) {
    case Activity::read_meta:
      return true;
    case Activity::list:
    case Activity::download:
      return !entry || may(who, *entry, read);
    case Activity::upload:
    case Activity::manage:
    case Activity::move_to:
    case Activity::remove:
      return parent_writable;
    case Activity::overwrite:
      return entry ? may(who, *entry, write) : parent_writable;
    case Activity::update_meta:
      return !entry || who.user == entry->owner;
    case Activity::stage:
      return !entry || may(who, *entry, read);
  }
  return false;
}

}  // namespace

Status check_rights(const Principal& who, Activity activity, const Walk& walk,
                    std::string_view path) {
  if (who.is_superuser || who.has_scopes()) return {};
  bool passes =
      std::ranges::all_of(walk.passed, [&](const Passed& d) { return may(who, d, search); });
  if (passes && namespace_allows(who, activity, walk)) return {};
  return fail(Errc::not_authorized, std::string(path));
}

}  // namespace sluice::door
