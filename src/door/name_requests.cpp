// SPDX-License-Identifier: Apache-2.0
// What is asked of names without changing anything: stat, statx, locate, prepare.
#include "base/crypto.h"
#include "door/requests.h"
#include "door/stand_in.h"
#include "xroot/responses.h"

namespace sluice::door {
namespace {

// All pools together, as far as they are there.
Result<Reply> stat_file_system(const DoorService& service) {
  constexpr std::uint64_t megabyte = 1 << 20;
  xroot::FileSystemStat out;
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t largest = 0;
  auto picture = service.pools.picture();
  for (const auto& view : *picture) {
    if (!view->is_online() || view->pool.mode == catalogue::PoolMode::disabled) continue;
    total += view->pool.load.total;
    if (view->pool.mode != catalogue::PoolMode::enabled) continue;
    free += view->pool.load.free;
    largest = std::max(largest, view->pool.load.free);
    ++out.nodes;
  }
  out.free_mb = largest / megabyte;  // of one server, as clients say
  out.used_percent = total > 0 ? (total - free) / std::max<std::uint64_t>(total / 100, 1) : 0;
  out.used_percent = std::min<std::uint64_t>(out.used_percent, 100);
  return Reply::text(xroot::format_stat(out));
}

Reply stat_reply(const DoorService& service, const Target& target) {
  return Reply::text(xroot::format_stat(to_wire(service, *target.who, target.walk, target.path)));
}

}  // namespace

Result<Reply> stat(DoorService& service, const Call& call, const xroot::Stat& request) {
  if (request.path.empty()) {
    if (!call.file) return fail(Errc::not_open, "the handle is not that of an open file");
    return Reply::text(xroot::format_stat(static_cast<const StandIn&>(*call.file).stat()));
  }
  SLUICE_TRY(auto found, look_up(service, *call.caller, request.path, Activity::read_meta));
  if (request.file_system) return stat_file_system(service);
  return stat_reply(service, found.target);
}

std::optional<Result<Reply>> quick_stat(DoorService& service, const Call& call,
                                        const xroot::Stat& request) {
  if (request.path.empty() || request.file_system) return {};
  auto found = recall(service, *call.caller, request.path, Activity::read_meta);
  if (!found) return {};
  return stat_reply(service, found->target);
}

// One missing path fails the whole request, as with stock servers.
Result<Reply> statx(DoorService& service, const Call& call, const xroot::Statx& request) {
  Reply reply;
  for (std::string_view line : request.paths) {
    SLUICE_TRY(Target target, find(service, *call.caller, line, Activity::read_meta));
    auto flags = to_wire(service, *target.who, target.walk, target.path).flags;
    reply.body.push_back(static_cast<std::byte>(flags.word() & 0xff));
  }
  if (reply.body.empty()) return fail(Errc::missing_argument, "statx without a path");
  return reply;
}

// The door itself, always: clients list and stat at the address that they get here.
Result<Reply> locate(DoorService& service, const Call& call, const xroot::Locate& request) {
  bool can_write = true;
  if (!request.path.empty()) {
    SLUICE_TRY(Target target, find(service, *call.caller, request.path, Activity::read_meta));
    can_write = to_wire(service, *target.who, target.walk, target.path).flags.writable;
  }
  xroot::LocateAnswer answer;
  answer.locations.push_back({false, false, can_write, service.address});
  Reply reply;
  answer.encode(reply.body);
  return reply;
}

Result<Reply> prepare(DoorService& service, const Call& call, const xroot::Prepare& request) {
  if (request.flags.cancel) return Reply{};
  if (request.paths.empty()) return fail(Errc::missing_argument, "prepare without a path");
  for (std::string_view line : request.paths) {
    auto found = find(service, *call.caller, line, Activity::read_meta);
    if (!found && !request.flags.no_errors) return tl::unexpected<Error>(std::move(found).error());
  }
  if (!request.flags.stage) return Reply{};
  // A request to stage gets a name, under which its state can be asked for; it is done already.
  std::array<std::byte, 12> name{};
  fill_random(name);
  return Reply::text("sluice-" + base64url(name));
}

}  // namespace sluice::door
