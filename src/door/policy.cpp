// SPDX-License-Identifier: Apache-2.0
#include "door/policy.h"

#include "auth/token/scope.h"
#include "base/text.h"
#include "base/units.h"

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

Result<std::vector<std::string>> checked_paths(std::string_view key,
                                               const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (std::string path : paths) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (!path.starts_with('/'))
      return fail(Errc::invalid_argument, fmt::format("{}: {} is no absolute path", key, path));
    out.push_back(std::move(path));
  }
  return out;
}

// "1000:100,101"
Result<Principal> account(std::string_view text) {
  Principal who;
  std::size_t colon = std::min(text.find(':'), text.size());
  auto user = parse_int<std::int64_t>(text.substr(0, colon), 0, UINT32_MAX);
  bool whole = user.has_value() && colon + 1 < text.size();
  for (std::string_view word : whole ? split(text.substr(colon + 1), ',') : split("", ',')) {
    auto group = parse_int<std::int64_t>(word, 0, UINT32_MAX);
    if (!group) {
      return fail(
          Errc::invalid_argument,
          fmt::format("door.anonymous_user: \"{}\" is none of auto, nobody, root, UID:GID", text));
    }
    who.groups.push_back(*group);
  }
  who.user = *user;
  return who;
}

// A token that says what may be done is the whole truth; one that only says who is asked like anybody.
bool has_scopes(const Principal& who) { return who.token && !who.token->scopes.empty(); }

}  // namespace

bool is_below(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

Result<Policy> Policy::make(const DoorConfig& config, bool is_local) {
  Policy policy;
  policy.read_only_ = config.read_only;
  policy.anonymous_rights_ = config.anonymous;
  if (config.anonymous == Anonymous::automatic)
    policy.anonymous_rights_ = is_local ? Anonymous::full : Anonymous::none;
  std::string user = config.anonymous_user;
  if (user == "auto") user = is_local ? "root" : "nobody";
  if (user == "root") {
    policy.anonymous_.is_superuser = true;
  } else if (user != "nobody") {
    SLUICE_TRY(policy.anonymous_, account(user));
  }
  SLUICE_TRY(policy.read_paths_, checked_paths("door.read_paths", config.read_paths));
  SLUICE_TRY(policy.write_paths_, checked_paths("door.write_paths", config.write_paths));
  return policy;
}

Principal Policy::anonymous(std::string_view label) const {
  Principal who = anonymous_;
  who.name = label;
  return who;
}

Principal Policy::anonymous(const Principal& unmapped) const {
  Principal who = anonymous_;
  who.name = unmapped.name;
  who.token = unmapped.token;
  who.may_only_read = unmapped.may_only_read;
  who.root = unmapped.root;
  who.home = unmapped.home;
  return who;
}

Status Policy::check_path(const Principal& who, Activity activity, std::string_view path) const {
  const bool change = auth::changes(activity);
  if (change && read_only_) return fail(Errc::read_only, "this door only reads");
  if (change && who.may_only_read)
    return fail(Errc::not_authorized, fmt::format("{}: {} may only read", path, who.name));
  const auto& allowed = change ? write_paths_ : read_paths_;
  if (std::ranges::none_of(allowed, [&](const auto& below) { return is_below(path, below); })) {
    return fail(Errc::not_authorized, fmt::format("{} is outside the paths that may be {}", path,
                                                  change ? "changed" : "read"));
  }
  if (has_scopes(who)) {
    if (auth::allows(*who.token, activity, path)) return {};
    return fail(Errc::not_authorized,
                fmt::format("{}: the token does not allow {}", path, auth::name_of(activity)));
  }
  if (!who.is_anonymous) return {};
  const Anonymous rights = anonymous_rights_;
  if (rights == Anonymous::none || (change && rights == Anonymous::read_only)) {
    return fail(Errc::not_authorized,
                fmt::format("{}: anonymous clients may {} here", path,
                            rights == Anonymous::none ? "do nothing" : "only read"));
  }
  return {};
}

Status Policy::check_move_to(const Principal& who, std::string_view path) const {
  if (!has_scopes(who) || auth::allows_move_to(*who.token, path)) return {};
  return fail(Errc::not_authorized, fmt::format("{}: the token allows no move to there", path));
}

Status Policy::check(const Principal& who, Activity activity, const catalogue::Walk& walk,
                     std::string_view path) const {
  if (who.is_superuser || has_scopes(who)) return {};
  bool passes =
      std::ranges::all_of(walk.passed, [&](const Passed& d) { return may(who, d, search); });
  if (passes && namespace_allows(who, activity, walk)) return {};
  return fail(Errc::not_authorized, std::string(path));
}

}  // namespace sluice::door
