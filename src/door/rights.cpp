// SPDX-License-Identifier: Apache-2.0
#include "door/rights.h"

#include "catalogue/acl.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

namespace sluice::door {
namespace {

using catalogue::Passed;
using catalogue::Right;
using catalogue::Rights;
using catalogue::Walk;

// What an activity needs of the entry, where there is one, and of the directory that it is in, or would be in.
struct Need {
  Activity activity;
  Rights of_entry;
  Rights of_directory;
};
constexpr std::array needs{
    Need{Activity::read_meta, {}, {}},
    Need{Activity::list, {Right::read}, {}},
    Need{Activity::download, {Right::read}, {}},
    Need{Activity::upload, {}, {Right::write}},
    Need{Activity::overwrite, {Right::write}, {}},
    Need{Activity::manage, {}, {Right::append}},
    Need{Activity::move_to, {}, {Right::write}},
    Need{Activity::remove, {Right::remove}, {Right::delete_child}},  // one of them: may_remove()
    Need{
        Activity::update_meta, {Right::write_attributes, Right::write_named, Right::write_acl}, {}},
    Need{Activity::stage, {Right::read}, {}},
};
constexpr bool in_order() {
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (static_cast<std::size_t>(needs.at(i).activity) != i) return false;
  }
  return true;
}
static_assert(in_order());

// What the mode says of a right: the bit of the class that the principal belongs to, as POSIX chooses it; changes of what an
// entry is are its owner's.
bool mode_allows(const Principal& who, const Passed& object, Right right) {
  constexpr Rights readers{Right::read};
  constexpr Rights writers{Right::write, Right::append, Right::delete_child};
  constexpr Rights passers{Right::execute};
  const bool is_owner = who.user == object.owner;
  unsigned shift = 0;
  if (is_owner) {
    shift = 6;
  } else if (std::ranges::find(who.groups, object.group) != who.groups.end()) {
    shift = 3;
  }
  const std::uint32_t bits = object.mode >> shift;
  if (readers.has(right)) return (bits & 4U) != 0;
  if (writers.has(right)) return (bits & 2U) != 0;
  if (passers.has(right)) return (bits & 1U) != 0;
  return is_owner;
}

// Nothing: there is no list, or it says nothing of this right for this principal.
std::optional<bool> acl_allows(const Principal& who, const Passed& object, Right right) {
  if (!object.acl) return {};
  return object.acl->allows({who.user, who.groups, object.owner, object.group}, right);
}

bool may(const Principal& who, const Passed& object, Right right) {
  return acl_allows(who, object, right).value_or(mode_allows(who, object, right));
}

bool may(const Principal& who, const Passed& object, Rights rights) {
  return rights.all_of([&](Right right) { return may(who, object, right); });
}

// RFC 7530, 6.2.1.3.2: whom one of the two allows it may, whatever the other says; then whom one denies it may not. Else
// whoever may make entries in the directory may remove them.
bool may_remove(const Principal& who, const Passed& directory, const Passed* entry) {
  const auto child = acl_allows(who, directory, Right::delete_child);
  const auto itself = entry != nullptr ? acl_allows(who, *entry, Right::remove) : std::nullopt;
  if (child == true || itself == true) return true;
  if (child == false || itself == false) return false;
  return may(who, directory, Right::write);
}

// Directories that are made on the way to what a path names take what their directory hands on, and that may deny what comes
// next. All else there is the principal's own.
bool may_make(const Principal& who, const Walk& walk, Rights rights) {
  Passed here = walk.passed.back();
  if (walk.missing.size() <= 1) return may(who, here, rights);
  if (!may(who, here, Right::append)) return false;
  for (std::size_t left = walk.missing.size() - 1; left > 0 && here.acl; --left) {
    here.acl = here.acl->inherited(catalogue::EntryKind::directory);
    std::tie(here.owner, here.group) = who.owner_in(here.owner, here.group);
    const Rights wanted = left > 1 ? Rights{Right::append} : rights;
    if (!wanted.all_of([&](Right right) { return acl_allows(who, here, right).value_or(true); }))
      return false;
  }
  return true;
}

bool namespace_allows(const Principal& who, Activity activity, const Walk& walk) {
  // What is not there yet would be made.
  if (activity == Activity::overwrite && !walk.entry) activity = Activity::upload;
  const Need& need = needs.at(static_cast<std::size_t>(activity));
  std::optional<Passed> entry;
  if (walk.entry) entry = catalogue::passed_of(*walk.entry);
  if (activity == Activity::remove) {
    return !walk.passed.empty() && may_remove(who, walk.passed.back(), entry ? &*entry : nullptr);
  }
  if (entry && !may(who, *entry, need.of_entry)) return false;
  if (need.of_directory.is_empty()) return true;
  return !walk.passed.empty() && may_make(who, walk, need.of_directory);
}

}  // namespace

Status check_rights(const Principal& who, Activity activity, const Walk& walk,
                    std::string_view path) {
  if (who.is_superuser || who.has_scopes()) return {};
  const bool passes = std::ranges::all_of(
      walk.passed, [&](const Passed& directory) { return may(who, directory, Right::execute); });
  if (passes && namespace_allows(who, activity, walk)) return {};
  return fail(Errc::not_authorized, std::string(path));
}

}  // namespace sluice::door
