// SPDX-License-Identifier: Apache-2.0
#include "door/door_service.h"

#include "door/door_log.h"
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

namespace {

constexpr std::string_view bearer_key = "authz";

}  // namespace

Result<std::shared_ptr<const Principal>> DoorService::principal_of(
    const xroot::server::Caller& caller, const xroot::Opaque& opaque) const {
  std::shared_ptr<const auth::Admission> admission = caller.admission;
  const auto bearer = opaque.get(bearer_key);
  if (takes_tokens && bearer && !bearer->empty()) {
    if (!caller.encrypted) {
      return fail(Errc::tls_required,
                  "a token on a connection that anybody can read; use roots:// and get a new one");
    }
    SLUICE_TRY(admission, gatekeeper->admit_bearer(*bearer));
  } else if (gatekeeper != nullptr && gatekeeper->is_strict()) {
    return fail(Errc::not_authorized, "each request needs a token of its own here (authz=)");
  }
  const Principal& known = admission->principal;
  if (known.is_anonymous) return std::make_shared<const Principal>(policy.anonymous(known));
  return std::shared_ptr<const Principal>(admission, &known);
}

bool DoorService::knows_principal_of(const xroot::Opaque& opaque) const {
  const auto bearer = opaque.get(bearer_key);
  return !takes_tokens || !bearer || gatekeeper->knows_bearer(*bearer);
}

namespace {

// Before anything is looked up. Where a client may do so, its own root is the root of all its paths.
Result<Target> target_of(DoorService& service, const xroot::server::Caller& caller,
                         std::string_view wire) {
  SLUICE_TRY(auto parsed, xroot::parse_path(wire));
  const xroot::Opaque opaque(parsed.opaque);
  auto who = service.principal_of(caller, opaque);
  if (!who) {
    audit.info("denied", {{"peer", caller.peer},
                          {"session", xroot::server::short_id(caller.id)},
                          {"path", parsed.path},
                          {"why", who.error().message()}});
    return tl::unexpected<Error>(std::move(who).error());
  }
  Target target{std::move(parsed.path), opaque, *std::move(who), {}};
  const std::string& root = target.who->root;
  if (root != "/") target.path = target.path == "/" ? root : root + target.path;
  return target;
}

// Every decision that denies something leaves a line.
Status audited(const xroot::server::Caller& caller, const Target& target, Activity activity,
               Status decision) {
  if (decision) return decision;
  const auth::Identity& identity = caller.admission->identity;
  audit.info("denied", {{"peer", caller.peer},
                        {"session", xroot::server::short_id(caller.id)},
                        {"method", identity.method},
                        {"name", identity.name},
                        {"principal", target.who->name},
                        {"activity", auth::name_of(activity)},
                        {"path", target.path},
                        {"why", decision.error().message()}});
  return decision;
}

Status check_path(const DoorService& service, const Target& target, Activity activity) {
  return service.policy.check_path(*target.who, activity, target.path);
}

Status check(const DoorService& service, const Target& target, Activity activity) {
  return service.policy.check(*target.who, activity, target.walk, target.path);
}

Result<LocatedTarget> located(Target target, std::vector<catalogue::Replica> replicas) {
  if (!target.walk.entry) return fail(Errc::not_found, target.path);
  return LocatedTarget{std::move(target), std::move(replicas)};
}

}  // namespace

Result<Target> walk_to(DoorService& service, const xroot::server::Caller& caller,
                       std::string_view wire, Activity activity, LastLink last) {
  SLUICE_TRY(Target target, target_of(service, caller, wire));
  SLUICE_CHECK(audited(caller, target, activity, check_path(service, target, activity)));
  SLUICE_TRY(target.walk, service.catalogue.names().walk(target.path, last));
  SLUICE_CHECK(audited(caller, target, activity, check(service, target, activity)));
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
  SLUICE_TRY(Target target, target_of(service, caller, wire));
  SLUICE_CHECK(audited(caller, target, activity, check_path(service, target, activity)));
  SLUICE_TRY(auto found, service.catalogue.names().locate(target.path));
  target.walk = std::move(found.walk);
  SLUICE_CHECK(audited(caller, target, activity, check(service, target, activity)));
  return located(std::move(target), std::move(found.replicas));
}

Result<LocatedTarget> locate_file(DoorService& service, const xroot::server::Caller& caller,
                                  std::string_view wire) {
  SLUICE_TRY(auto found, look_up(service, caller, wire, Activity::download));
  if (found.target.entry().is_directory()) return fail(Errc::is_directory, found.target.path);
  return found;
}

// What it refuses is decided again, and then noted, by look_up().
std::optional<LocatedTarget> recall(DoorService& service, const xroot::server::Caller& caller,
                                    std::string_view wire, Activity activity) {
  const std::size_t mark = std::min(wire.find('?'), wire.size());
  if (!service.knows_principal_of(xroot::Opaque(wire.substr(mark)))) return {};
  auto target = target_of(service, caller, wire);
  if (!target || !check_path(service, *target, activity)) return {};
  auto known = service.catalogue.names().recall(target->path);
  if (!known) return {};
  target->walk = std::move(known->walk);
  if (!check(service, *target, activity)) return {};
  auto found = located(std::move(*target), std::move(known->replicas));
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
