// SPDX-License-Identifier: Apache-2.0
#include "door/door_service.h"

#include "door/requests.h"
#include "xroot/path.h"
#include "xroot/server/session.h"

namespace sluice::door {

using catalogue::Entry;
using catalogue::LastLink;
using catalogue::Walk;

DoorService::DoorService(xroot::server::ServerConfig server_settings, DoorConfig own_settings,
                         Policy rules, Selection pool_rules, DoorParts parts, Metrics& metrics,
                         BlockingPool& blocking_pool)
    : Service(std::move(server_settings), door_requests(), metrics, blocking_pool),
      catalogue(*parts.catalogue),
      keys(*parts.keys),
      pools(*parts.pools),
      hot(*parts.hot),
      settings(std::move(own_settings)),
      policy(std::move(rules)),
      selection(std::move(pool_rules)) {}

std::uint32_t DoorService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_manager | supports_posc | supports_pages;
}

Principal DoorService::principal_of(const xroot::server::Caller& caller) const {
  return policy.anonymous(caller.user);
}

namespace {

// Before anything is looked up.
Result<Target> target_of(DoorService& service, const xroot::server::Caller& caller,
                         std::string_view wire, Activity activity) {
  SLUICE_TRY(auto parsed, xroot::parse_path(wire));
  Target target{
      std::move(parsed.path), xroot::Opaque(parsed.opaque), service.principal_of(caller), {}};
  SLUICE_CHECK(service.policy.check_path(target.who, activity, target.path));
  return target;
}

Result<LocatedTarget> judge(DoorService& service, Target target, catalogue::Located located,
                            Activity activity) {
  target.walk = std::move(located.walk);
  SLUICE_CHECK(service.policy.check(target.who, activity, target.walk, target.path));
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return LocatedTarget{std::move(target), std::move(located.replicas)};
}

}  // namespace

Result<Target> walk_to(DoorService& service, const xroot::server::Caller& caller,
                       std::string_view wire, Activity activity, LastLink last) {
  SLUICE_TRY(Target target, target_of(service, caller, wire, activity));
  SLUICE_TRY(target.walk, service.catalogue.names().walk(target.path, last));
  SLUICE_CHECK(service.policy.check(target.who, activity, target.walk, target.path));
  return target;
}

Result<Target> find(DoorService& service, const xroot::server::Caller& caller,
                    std::string_view wire, Activity activity, LastLink last) {
  SLUICE_TRY(Target target, walk_to(service, caller, wire, activity, last));
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return target;
}

Result<LocatedTarget> look_up(DoorService& service, const xroot::server::Caller& caller,
                              std::string_view wire, Activity activity) {
  SLUICE_TRY(Target target, target_of(service, caller, wire, activity));
  SLUICE_TRY(auto located, service.catalogue.names().locate(target.path));
  return judge(service, std::move(target), std::move(located), activity);
}

Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  std::string_view wire) {
  SLUICE_TRY(auto found, look_up(service, caller, wire, Activity::download));
  if (found.target.entry().is_directory()) return fail(Errc::is_directory, found.target.path);
  return found;
}

std::optional<LocatedTarget> recall(DoorService& service, const xroot::server::Caller& caller,
                                    std::string_view wire, Activity activity) {
  auto target = target_of(service, caller, wire, activity);
  if (!target) return {};
  auto located = service.catalogue.names().recall(target->path);
  if (!located) return {};
  auto found = judge(service, std::move(*target), std::move(*located), activity);
  if (!found) return {};
  return std::move(*found);
}

xroot::FileStat to_wire(const DoorService& service, const Principal& who, const Walk& walk,
                        std::string_view path) {
  constexpr std::int64_t second = 1'000'000'000;
  const Entry& entry = *walk.entry;
  auto allows = [&](Activity activity) {
    return service.policy.check_path(who, activity, path) &&
           service.policy.check(who, activity, walk, path);
  };
  xroot::FileStat out;
  out.id = static_cast<std::uint64_t>(entry.id.number);
  out.size = entry.size;
  out.flags.directory = entry.is_directory();
  constexpr std::uint32_t anybody_executes = 0111;
  out.flags.executable = entry.is_directory() || (entry.mode & anybody_executes) != 0;
  out.flags.other = entry.is_link();
  out.flags.readable = allows(entry.is_directory() ? Activity::list : Activity::download);
  out.flags.writable = allows(Activity::overwrite);
  out.mtime = entry.modified_ns / second;
  out.ctime = entry.changed_ns / second;
  out.atime = entry.accessed_ns / second;
  out.mode = static_cast<std::uint16_t>(entry.mode & 07777);
  out.owner = service.accounts.user(static_cast<uid_t>(entry.owner));
  out.group = service.accounts.group(static_cast<gid_t>(entry.group));
  return out;
}

}  // namespace sluice::door
