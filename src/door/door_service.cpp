// SPDX-License-Identifier: Apache-2.0
#include "door/door_service.h"

#include "door/requests.h"

namespace sluice::door {

using catalogue::Entry;
using catalogue::LastLink;
using catalogue::Walk;

DoorService::DoorService(xroot::server::ServerConfig server_settings, DoorConfig own_settings,
                         Selection pool_rules, DoorParts parts, Metrics& metrics,
                         BlockingPool& blocking_pool)
    : Service(std::move(server_settings), door_requests(), metrics, blocking_pool),
      catalogue(*parts.catalogue),
      keys(*parts.keys),
      pools(*parts.pools),
      hot(*parts.hot),
      settings(std::move(own_settings)),
      selection(std::move(pool_rules)),
      copies(parts.copying, metrics) {}

std::uint32_t DoorService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_manager | supports_posc | supports_pages;
}

namespace {

Result<Target> target_of(const DoorService& service, const xroot::server::Caller& caller,
                         std::string_view wire, Activity activity) {
  SLUICE_TRY(auto asked, xroot::server::allowed(service, caller, wire, activity));
  return Target{std::move(asked), {}};
}

Status check_rights_of(const xroot::server::Caller& caller, const Target& target,
                       Activity activity) {
  return xroot::server::audited(caller, target, activity,
                                check_rights(*target.who, activity, target.walk, target.path));
}

Status walk(DoorService& service, const xroot::server::Caller& caller, Target& target,
            Activity activity, LastLink last) {
  SLUICE_TRY(target.walk, service.catalogue.names().walk(target.path, last));
  return check_rights_of(caller, target, activity);
}

Result<LocatedTarget> located(Target target, std::vector<catalogue::Replica> replicas) {
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return LocatedTarget{std::move(target), std::move(replicas)};
}

Result<LocatedTarget> look_up(DoorService& service, const xroot::server::Caller& caller,
                              Target target, Activity activity) {
  SLUICE_TRY(auto found, service.catalogue.names().locate(target.path));
  target.walk = std::move(found.walk);
  SLUICE_CHECK(check_rights_of(caller, target, activity));
  return located(std::move(target), std::move(found.replicas));
}

}  // namespace

Result<Target> walk_to(DoorService& service, const xroot::server::Caller& caller,
                       std::string_view wire, Activity activity, LastLink last) {
  SLUICE_TRY(Target target, target_of(service, caller, wire, activity));
  SLUICE_CHECK(walk(service, caller, target, activity, last));
  return target;
}

Status check_also(const DoorService& service, const xroot::server::Caller& caller,
                  const Target& target, Activity activity) {
  SLUICE_CHECK(xroot::server::check_access(service, caller, target, activity));
  return check_rights_of(caller, target, activity);
}

Result<Target> find(DoorService& service, const xroot::server::Caller& caller,
                    std::string_view wire, Activity activity, LastLink last) {
  SLUICE_TRY(Target target, walk_to(service, caller, wire, activity, last));
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return target;
}

Result<Target> find_by_login(DoorService& service, const xroot::server::Caller& caller,
                             std::string_view wire, Activity activity) {
  SLUICE_TRY(auto asked, xroot::server::allowed_by_login(service, caller, wire, activity));
  Target target{std::move(asked), {}};
  SLUICE_CHECK(walk(service, caller, target, activity, LastLink::followed));
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return target;
}

Result<LocatedTarget> look_up(DoorService& service, const xroot::server::Caller& caller,
                              std::string_view wire, Activity activity) {
  SLUICE_TRY(Target target, target_of(service, caller, wire, activity));
  return look_up(service, caller, std::move(target), activity);
}

Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  std::string_view wire) {
  SLUICE_TRY(Target target, target_of(service, caller, wire, Activity::download));
  return locate_file(service, caller, std::move(target));
}

Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  xroot::server::Asked asked) {
  SLUICE_TRY(auto found,
             look_up(service, caller, Target{std::move(asked), {}}, Activity::download));
  if (found.target.entry().is_directory()) return fail(Errc::is_directory, found.target.path);
  return found;
}

// What it refuses is decided again, and then noted, by look_up().
std::optional<LocatedTarget> recall(DoorService& service, const xroot::server::Caller& caller,
                                    std::string_view wire, Activity activity) {
  auto asked = xroot::server::asked_at_once(service, caller, wire);
  if (!asked || !service.gatekeeper->access().check(*asked->who, activity, asked->path)) return {};
  Target target{*std::move(asked), {}};
  auto known = service.catalogue.names().recall(target.path);
  if (!known) return {};
  target.walk = std::move(known->walk);
  if (!check_rights(*target.who, activity, target.walk, target.path)) return {};
  auto found = located(std::move(target), std::move(known->replicas));
  if (!found) return {};
  return std::move(*found);
}

xroot::FileStat to_wire(const DoorService& service, const Principal& who, const Walk& walk,
                        std::string_view path) {
  constexpr std::int64_t second = 1'000'000'000;
  const Entry& entry = *walk.entry;
  auto allows = [&](Activity activity) {
    return service.gatekeeper->access().check(who, activity, path) &&
           check_rights(who, activity, walk, path);
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
