// SPDX-License-Identifier: Apache-2.0
#include "auth/access/access.h"

#include "auth/token/path.h"
#include "auth/token/scope.h"
#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::auth {
namespace {

Result<std::vector<std::string>> checked_paths(std::string_view key,
                                               const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    auto normal = normal_path(path);
    if (!normal)
      return fail(Errc::invalid_argument, fmt::format("{}: {} is no absolute path", key, path));
    out.push_back(*std::move(normal));
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
          fmt::format("access.anonymous_user: \"{}\" is none of auto, nobody, root, UID:GID",
                      text));
    }
    who.groups.push_back(*group);
  }
  who.user = *user;
  return who;
}

Status check_scopes(const Token& token, Activity activity, std::string_view path,
                    Access::WallTime now) {
  // A session may outlive the token of its login.
  if (token.expires < now)
    return fail(Errc::not_authorized, fmt::format("{}: the token has expired", path));
  if (allows(token, activity, path)) return {};
  return fail(Errc::not_authorized,
              fmt::format("{}: the token does not allow {}", path, name_of(activity)));
}

}  // namespace

Result<Access> Access::make(const AccessConfig& config, bool is_local) {
  Access access;
  access.read_only_ = config.read_only;
  access.anonymous_rights_ = config.anonymous;
  if (config.anonymous == Anonymous::automatic)
    access.anonymous_rights_ = is_local ? Anonymous::full : Anonymous::none;
  std::string user = config.anonymous_user;
  if (user == "auto") user = is_local ? "root" : "nobody";
  if (user == "root") {
    access.account_.is_superuser = true;
  } else if (user != "nobody") {
    SLUICE_TRY(access.account_, account(user));
  }
  SLUICE_TRY(access.read_paths_, checked_paths("access.read_paths", config.read_paths));
  SLUICE_TRY(access.write_paths_, checked_paths("access.write_paths", config.write_paths));
  return access;
}

Principal Access::anonymous(Principal unmapped) const {
  unmapped.user = account_.user;
  unmapped.groups = account_.groups;
  unmapped.is_superuser = account_.is_superuser;
  unmapped.is_anonymous = true;
  return unmapped;
}

Status Access::check(const Principal& who, Activity activity, std::string_view path,
                     WallTime now) const {
  const bool change = changes(activity);
  if (change && read_only_) return fail(Errc::read_only, "this server only reads");
  if (change && who.may_only_read)
    return fail(Errc::not_authorized, fmt::format("{}: {} may only read", path, who.name));
  const auto& allowed = change ? write_paths_ : read_paths_;
  if (std::ranges::none_of(allowed, [&](const auto& top) { return is_at_or_below(path, top); })) {
    return fail(Errc::not_authorized, fmt::format("{} is outside the paths that may be {}", path,
                                                  change ? "changed" : "read"));
  }
  if (who.has_scopes()) return check_scopes(*who.token, activity, path, now);
  return who.is_anonymous ? check_anonymous(change, path) : Status();
}

Status Access::check_anonymous(bool is_change, std::string_view path) const {
  const Anonymous rights = anonymous_rights_;
  if (rights == Anonymous::full || (rights == Anonymous::read_only && !is_change)) return {};
  return fail(Errc::not_authorized,
              fmt::format("{}: anonymous clients may {} here (access.anonymous)", path,
                          rights == Anonymous::none ? "do nothing" : "only read"));
}

}  // namespace sluice::auth
