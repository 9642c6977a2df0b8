// SPDX-License-Identifier: Apache-2.0
// kXR_query at a door: one function per kind of question.
#include "base/offload.h"
#include "base/task_group.h"
#include "capability/capability.h"
#include "door/requests.h"
#include "xroot/client/api.h"
#include "xroot/responses.h"
#include "xroot/server/session.h"
#include "xroot/server/standard_answers.h"

#include <ctime>

namespace sluice::door {
namespace {

using xroot::QueryKind;

// Where the checksum of a file can be computed, as a URL with the right to ask for it.
Result<std::string> checksum_url(DoorService& service, const LocatedTarget& found,
                                 std::string_view type) {
  const Target& target = found.target;
  auto pool = choose_for_reading(*service.pools.picture(), found.replicas, {});
  if (!pool) return fail(Errc::server, target.path + ": no pool is online for it");
  constexpr std::uint32_t lifetime = 3600;
  capability::Capability right;
  right.operation = capability::Operation::checksum;
  right.file = target.entry().id.number;
  right.pool = pool->pool.id.number;
  right.expires = static_cast<std::uint32_t>(::time(nullptr)) + lifetime;
  right.user = target.who->name;
  SLUICE_TRY(std::string text, capability::sign(right, service.keys));
  return fmt::format("root://{}/{}?cks.type={}&{}={}", to_text(pool->address), target.path, type,
                     capability::cgi_key, text);
}

Task<std::string> ask_pool(std::string url, std::string type, xroot::client::TlsUpgrade tls) {
  xroot::client::ClientOptions options;
  options.tls = std::move(tls);
  SLUICE_CO_TRY(auto answer, co_await xroot::client::with_client(
                                 std::move(options), [&](xroot::client::Client& client) {
                                   return client.checksum(url, type);
                                 }));
  co_return answer.value;
}

// The catalogue has those of uploads; others are computed where the file is and kept.
Task<Reply> checksum(DoorService& service, Answer answer, std::string args) {
  std::string type;
  SLUICE_CO_TRY(LocatedTarget found,
                co_await offload(service.blocking, [&]() -> Result<LocatedTarget> {
                  return locate_file(service, *answer.call.caller, args);
                }));
  SLUICE_CO_TRY(type, xroot::server::checksum_type_of(found.target.opaque));
  const auto& known = found.target.entry().checksums;
  if (auto stored = known.find(type); stored != known.end())
    co_return xroot::server::checksum_reply(type, stored->second);
  SLUICE_CO_TRY(std::string url, checksum_url(service, found, type));
  SLUICE_CO_TRY(std::string value, co_await ask_pool(std::move(url), type, service.tls_to_pools));
  SLUICE_CO_CHECK(co_await offload(service.blocking, [&] {
    return service.catalogue.names().add_checksums(found.target.entry().id, {{type, value}});
  }));
  co_return xroot::server::checksum_reply(type, value);
}

Reply space_reply(const DoorService& service) {
  xroot::SpaceAnswer space;
  auto picture = service.pools.picture();
  for (const auto& view : *picture) {
    if (!view->is_online()) continue;
    const catalogue::PoolLoad& load = view->pool.load;
    space.total += load.total;
    space.free += load.free;
    space.largest_free = std::max(space.largest_free, load.free);
  }
  space.used = space.total - space.free;
  Reply reply;
  space.encode(reply.body);
  return reply;
}

Result<Reply> blocking_query(DoorService& service, const xroot::server::Caller& caller,
                             const xroot::Query& request) {
  switch (request.kind) {
    case QueryKind::xattr: {
      SLUICE_TRY(Target target, find(service, caller, request.args, Activity::read_meta));
      return xroot::server::xattr_reply(to_wire(service, *target.who, target.walk, target.path));
    }
    case QueryKind::space: {
      // Old clients ask for a space by its name or for nothing: there is one space here.
      bool by_path = request.args.starts_with('/');
      SLUICE_CHECK(find(service, caller, by_path ? request.args : "/", Activity::read_meta));
      return space_reply(service);
    }
    default:
      return Reply::text(xroot::server::prepare_status(
          xroot::Lines(request.args), [&](std::string_view line) -> Status {
            SLUICE_CHECK(find(service, caller, line, Activity::read_meta));
            return {};
          }));
  }
}

std::string config(const DoorService& service, std::string_view keys) {
  constexpr std::array own = {xroot::server::ConfigEntry{"role", "manager"},
                              xroot::server::ConfigEntry{"pio_max", "1"}, tpc::config_entries[0]};
  return xroot::server::config_answer(service, own, keys);
}

}  // namespace

Task<Reply> query(DoorService& service, Answer answer, xroot::Query request) {
  switch (request.kind) {
    case QueryKind::stats:
      co_return Reply::text(xroot::server::statistics_answer(service));
    case QueryKind::config:
      co_return Reply::text(config(service, request.args));
    case QueryKind::checksum:
      co_return co_await checksum(service, std::move(answer), std::string(request.args));
    case QueryKind::checksum_cancel:
      co_return Reply{};  // a computation at a pool ends with the connection that asked for it
    case QueryKind::prepare:
    case QueryKind::xattr:
    case QueryKind::space:
      co_return co_await offload(
          service.blocking, [&] { return blocking_query(service, *answer.call.caller, request); });
    case QueryKind::visa:
    case QueryKind::file_info:
    case QueryKind::file_system_info:
    case QueryKind::opaque:
    case QueryKind::opaque_file:
    case QueryKind::opaque_handle:
      co_return fail(Errc::unsupported, "this kind of query");
  }
  co_return fail(Errc::invalid_argument, "unknown kind of query");
}

}  // namespace sluice::door
