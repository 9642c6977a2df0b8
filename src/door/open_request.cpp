// SPDX-License-Identifier: Apache-2.0
// kXR_open at a door: look the path up, decide, choose a pool, and send the client there with a capability. While no pool is
// ready the client waits here, for a bounded time.
#include "base/crypto.h"
#include "base/offload.h"
#include "base/task_group.h"
#include "base/text.h"
#include "capability/capability.h"
#include "door/past.h"
#include "door/requests.h"
#include "door/stand_in.h"
#include "tpc/order.h"
#include "xroot/responses.h"
#include "xroot/server/login.h"
#include "xroot/server/session.h"
#include "xroot/server/standard_answers.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <ctime>

namespace sluice::door {
namespace {

using capability::Capability;
using capability::Operation;
using catalogue::FileId;

constexpr std::uint8_t max_attempts = 10;

// `session` names the client's connection here, for who follows it through the logs.
Result<Reply> redirect(const DoorService& service, const Target& target, const PoolView& pool,
                       const Past& past, Capability right, const xroot::SessionId& session) {
  right.pool = pool.pool.id.number;
  right.attempt = past.attempt;
  right.excluded = past.excluded;
  auto lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(service.settings.capability_lifetime);
  right.expires = static_cast<std::uint32_t>(::time(nullptr) + lifetime.count());
  right.queue = service.settings.queue;
  right.user = target.who->name;
  SLUICE_TRY(std::string text, capability::sign(right, service.keys));
  std::string cgi;
  xroot::Opaque::append(cgi, capability::cgi_key, text);
  xroot::Opaque::append(cgi, xroot::server::session_key, xroot::server::short_id(session));
  std::string token;
  xroot::Opaque::append(token, xroot::server::redirected_by, service.address);
  return xroot::server::redirect(pool.address, cgi, token);
}

void describe(Capability& right, std::uint32_t mode, std::int64_t owner, std::int64_t group) {
  right.mode = static_cast<std::uint16_t>(mode);
  right.owner = static_cast<std::uint32_t>(owner);
  right.group = static_cast<std::uint32_t>(group);
}

// Nothing: no pool is ready, but one may be soon.
using Attempt = std::optional<Reply>;

Result<Attempt> nothing_ready(const Past& past, const Target& target) {
  if (past.excluded.empty()) return Attempt();
  if (last_reason(target.opaque) == xroot::tried_for_space)
    return fail(Errc::no_space, target.path + ": no pool has room for it");
  return fail(Errc::no_replicas, target.path + ": every pool that could serve it has failed");
}

Wish wish_of(const Target& target, const xroot::server::Caller& caller, bool writes) {
  Wish wish{writes, target.path, {}, caller.peer};
  if (target.walk.entry) wish.storage_class = target.entry().storage_class;
  return wish;
}

// A client that asked for TLS takes no other servers, and others may be kept from them by the door's rules.
bool goes_to_tls_alone(const DoorService& service, const xroot::server::Caller& caller) {
  return caller.encrypted && (caller.wants_tls || service.tls.rules.data);
}

Status check_pools_have_tls(const DoorService& service, const xroot::server::Caller& caller,
                            const Target& target) {
  if (!goes_to_tls_alone(service, caller)) return {};
  auto picture = service.pools.picture();
  auto has_tls = [](const auto& view) { return view->has_tls; };
  if (picture->empty() || std::ranges::any_of(*picture, has_tls)) return {};
  return fail(Errc::no_server, target.path + ": no pool has TLS");
}

// Encrypted clients go to pools with TLS where there are some.
template <class Choose>
std::shared_ptr<const PoolView> with_tls_first(const DoorService& service,
                                               const xroot::server::Caller& caller,
                                               const PoolPicture& picture,
                                               std::span<const std::int64_t> excluded,
                                               Choose choose) {
  if (!caller.encrypted) return choose(excluded);
  std::vector<std::int64_t> without = pools_in_clear(picture);
  if (without.empty()) return choose(excluded);
  without.insert(without.end(), excluded.begin(), excluded.end());
  auto pool = choose(std::span<const std::int64_t>(without));
  return pool || goes_to_tls_alone(service, caller) ? pool : choose(excluded);
}

Result<Attempt> send_to_reader(const DoorService& service, const xroot::server::Caller& caller,
                               const LocatedTarget& found, unsigned round) {
  const Target& target = found.target;
  SLUICE_CHECK(check_pools_have_tls(service, caller, target));
  Past past = past_of(service, target);
  if (past.attempt > max_attempts)
    return fail(Errc::no_replicas, target.path + ": no pool could serve it in ten attempts");
  if (std::ranges::none_of(found.replicas, catalogue::is_readable, &catalogue::Replica::state))
    return fail(Errc::no_replicas, target.path + ": no pool has a good copy of it any more");
  auto picture = service.pools.picture();
  const Wish wish = wish_of(target, caller, false);
  auto choose = [&](std::span<const std::int64_t> excluded) {
    return service.selection.choose(*picture, wish, excluded,
                                    [&](std::span<const std::int64_t> without) {
                                      return choose_for_reading(*picture, found.replicas, without);
                                    });
  };
  auto pool = past.choose(round, [&](std::span<const std::int64_t> excluded) {
    return with_tls_first(service, caller, *picture, excluded, choose);
  });
  if (!pool) return nothing_ready(past, target);
  service.hot.count(target.entry().id);
  Capability right;
  right.operation = Operation::read;
  right.file = target.entry().id.number;
  right.size = target.entry().size;
  describe(right, target.entry().mode, target.entry().owner, target.entry().group);
  SLUICE_TRY(Reply reply, redirect(service, target, *pool, past, std::move(right), caller.id));
  return Attempt(std::move(reply));
}

// Pools have the file, but not one that this client may read from: one of those gets a copy, and the client waits for it.
Status bring_near(DoorService& service, const xroot::server::Caller& caller,
                  const LocatedTarget& found) {
  const Target& target = found.target;
  auto picture = service.pools.picture();
  const bool is_coming = std::ranges::find(found.replicas, catalogue::ReplicaState::created,
                                           &catalogue::Replica::state) != found.replicas.end();
  if (is_coming || !choose_for_reading(*picture, found.replicas, {})) return {};
  std::vector<std::int64_t> holders;
  for (const catalogue::Replica& replica : found.replicas) holders.push_back(replica.pool.number);
  auto pool =
      service.selection.choose(*picture, wish_of(target, caller, false), holders,
                               [&](std::span<const std::int64_t> without) {
                                 return choose_for_writing(*picture, target.entry().size, without);
                               });
  if (!pool) return {};
  Status added = service.catalogue.replicas().add(target.entry().id, pool->pool.id);
  return !added && added.error().code == Errc::exists ? Status() : added;
}

// `file` finds it anew in each round.
template <class Find>
Result<Attempt> open_for_reading(DoorService& service, const xroot::server::Caller& caller,
                                 Find find_file, unsigned round) {
  SLUICE_TRY(LocatedTarget found, find_file());
  SLUICE_TRY(Attempt sent, send_to_reader(service, caller, found, round));
  if (!sent && !service.selection.is_empty()) SLUICE_CHECK(bring_near(service, caller, found));
  return sent;
}

std::uint64_t random_number() {
  std::array<std::byte, 8> bytes{};
  fill_random(bytes);
  return load_be<std::uint64_t>(bytes);
}

// What is there already, and what the client wants with it.
Status check_existing(const Target& target, const xroot::OpenFlags& flags) {
  if (!target.walk.entry) {
    bool may_create = flags.create || flags.overwrite || flags.append;
    return may_create ? Status() : fail(Errc::not_found, target.path);
  }
  if (target.entry().is_directory()) return fail(Errc::is_directory, target.path);
  if (flags.create) return fail(Errc::exists, target.path);
  if (flags.overwrite) return {};
  return fail(Errc::unsupported,
              target.path + ": files are stored whole; overwrite it instead of changing it");
}

// The directory that the upload goes into, made where it is missing, and the name there.
Result<FileId> directory_of(DoorService& service, const Target& target, std::string& name) {
  if (target.walk.entry) {
    name = target.entry().name;
    return target.entry().parent;
  }
  auto above = target.walk.missing;
  name = std::move(above.back());
  above.pop_back();
  if (above.empty()) return target.parent();
  catalogue::NewEntry directory;
  const auto& parent = target.walk.passed.back();
  std::tie(directory.owner, directory.group) = target.who->owner_in(parent.owner, parent.group);
  SLUICE_TRY(auto made, service.catalogue.names().make_path(target.parent(), above, directory));
  return made.id;
}

// A client that comes back gives its unfinished upload up: the name is free for the next one.
Status release(DoorService& service, const Past& past) {
  if (past.upload == 0) return {};
  Status ended = service.catalogue.uploads().abort({past.upload});
  return !ended && ended.error().code == Errc::not_found ? Status() : ended;
}

Result<catalogue::Entry> begin_upload(DoorService& service, const Target& target,
                                      const xroot::Open& request, const PoolView& pool,
                                      std::uint64_t size) {
  constexpr std::uint32_t default_mode = 0644;
  std::string name;
  SLUICE_TRY(FileId directory, directory_of(service, target, name));
  catalogue::NewUpload upload;
  upload.entry.mode = request.mode != 0 ? request.mode : default_mode;
  const auto& parent = target.walk.passed.back();
  std::tie(upload.entry.owner, upload.entry.group) =
      target.who->owner_in(parent.owner, parent.group);
  // What appears there until the upload is complete is another's: who may only make files does not replace it.
  upload.replaces =
      request.flags.overwrite && !request.flags.create &&
      service.gatekeeper->access().check(*target.who, Activity::overwrite, target.path);
  upload.expected_size = size;
  upload.lifetime = service.settings.capability_lifetime;
  upload.pool = pool.pool.id;
  return service.catalogue.uploads().begin(directory, name, upload);
}

// The pool for an upload; errors are for the client, nothing means that one may be ready soon.
Result<std::shared_ptr<const PoolView>> choose_for_upload(DoorService& service,
                                                          const xroot::server::Caller& caller,
                                                          const Wish& wish, const Past& past,
                                                          std::uint64_t size, unsigned round) {
  auto picture = service.pools.picture();
  auto choose_any = [&](std::span<const std::int64_t> excluded) {
    return service.selection.choose(*picture, wish, excluded,
                                    [&](std::span<const std::int64_t> without) {
                                      return choose_for_writing(*picture, size, without);
                                    });
  };
  auto choose = [&](std::span<const std::int64_t> excluded) {
    return with_tls_first(service, caller, *picture, excluded, choose_any);
  };
  auto pool = past.choose(round, choose);
  auto full = [&](std::span<const std::int64_t> without) { return is_full(*picture, without); };
  if (!pool && !choose(past.excluded) &&
      service.selection.choose(*picture, wish, past.excluded, full))
    return fail(Errc::no_space, fmt::format("{}: no pool has room for {} bytes", wish.path, size));
  return pool;
}

Result<Attempt> open_for_writing(DoorService& service, const xroot::server::Caller& caller,
                                 const xroot::Open& request, unsigned round) {
  SLUICE_TRY(Target target, walk_to(service, caller, request.path, Activity::upload));
  if (target.walk.passed.empty()) return fail(Errc::is_directory, "/");
  SLUICE_CHECK(check_existing(target, request.flags));
  if (target.walk.entry) SLUICE_CHECK(check_also(service, caller, target, Activity::overwrite));
  SLUICE_CHECK(check_pools_have_tls(service, caller, target));
  Past past = past_of(service, target);
  SLUICE_CHECK(release(service, past));
  if (past.attempt > max_attempts)
    return fail(Errc::no_replicas, target.path + ": no pool took it in ten attempts");
  std::uint64_t size = 0;
  // Only a hint: what is no number is no reason to refuse an upload.
  if (auto hint = target.opaque.get("oss.asize"))
    size = parse_int<std::uint64_t>(*hint, 0, INT64_MAX).value_or(0);
  Wish wish = wish_of(target, caller, true);
  catalogue::Entry directory;
  if (service.selection.asks_for_class() && !target.walk.entry) {
    SLUICE_TRY(directory, service.catalogue.names().stat(target.parent()));
    wish.storage_class = directory.storage_class;
  }
  SLUICE_TRY(auto pool, choose_for_upload(service, caller, wish, past, size, round));
  if (!pool) return nothing_ready(past, target);
  Capability right;
  right.operation = Operation::write;
  right.nonce = random_number();
  right.size = size;
  SLUICE_TRY(auto file, begin_upload(service, target, request, *pool, size));
  right.file = file.id.number;
  describe(right, file.mode, file.owner, file.group);
  SLUICE_TRY(Reply reply, redirect(service, target, *pool, past, std::move(right), caller.id));
  return Attempt(std::move(reply));
}

// Asks until a pool is ready.
template <class Try>
Task<Reply> open_patiently(DoorService& service, std::string_view path, Try attempt) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const auto give_up_at = std::chrono::steady_clock::now() + service.settings.patience;
  for (unsigned round = 0;; ++round) {
    SLUICE_CO_TRY(Attempt reply,
                  co_await offload(service.blocking, [&] { return attempt(round); }));
    if (reply) co_return std::move(*reply);
    if (std::chrono::steady_clock::now() >= give_up_at) break;
    pause.expires_after(service.settings.refresh);
    if (auto [error] = co_await pause.async_wait(as_value); error)
      co_return fail(Errc::cancelled, "the client is gone");
  }
  co_return fail(Errc::server,
                 fmt::format("{}: no pool is online for it", path.substr(0, path.find('?'))));
}

// For whoever starts a third-party copy from here.
Result<Reply> open_stand_in(DoorService& service, const Call& call, const xroot::Open& request,
                            const tpc::Request& copy) {
  const xroot::server::Caller& caller = *call.caller;
  const bool announces = copy.part == tpc::Part::announcement;
  SLUICE_TRY(Target target,
             announces ? find(service, caller, request.path, Activity::download)
                       : find_by_login(service, caller, request.path, Activity::read_meta));
  if (target.entry().is_directory()) return fail(Errc::is_directory, target.path);
  xroot::OpenAnswer answer;
  auto stat = to_wire(service, *target.who, target.walk, target.path);
  if (request.flags.return_stat) answer.stat = stat;
  std::unique_ptr<tpc::Rendezvous::Ticket> ticket;
  if (announces) {
    SLUICE_TRY(ticket, service.copies.announce(caller, copy, target, request.path));
  }
  Reply reply;
  answer.encode(reply.body);
  reply.opened =
      std::make_shared<StandIn>(std::move(target.path), std::move(stat), std::move(ticket));
  return reply;
}

}  // namespace

// The usual case: a file that was read not long ago, at a pool that is ready. Whoever was sent away by a pool may know better
// than what is kept here.
std::optional<Result<Reply>> quick_open(DoorService& service, const Call& call,
                                        const xroot::Open& request) {
  if (request.flags.writes() || request.flags.duplicate || tpc::is_third_party(request.path))
    return {};
  auto found = recall(service, *call.caller, request.path, Activity::download);
  if (!found || !found->target.entry().is_file() || found->target.opaque.get("tried")) return {};
  auto attempt = send_to_reader(service, *call.caller, *found, 0);
  if (!attempt || !*attempt) return {};
  return std::move(**attempt);
}

Task<Reply> open(DoorService& service, Answer answer, xroot::Open request) {
  if (request.flags.duplicate)
    co_return fail(Errc::unsupported, "opening as a clone; open the file and send a clone request");
  const Call& call = answer.call;
  const xroot::server::Caller& caller = *call.caller;
  SLUICE_CO_TRY(tpc::Request copy, tpc::request_of(request.path, request.flags.writes()));
  switch (copy.part) {
    case tpc::Part::order:
      // The pool carries it out; what it would refuse is refused before a name is taken, whoever asks.
      SLUICE_CO_CHECK(tpc::order_of(request.path, xroot::server::Caller(), false));
      [[fallthrough]];
    case tpc::Part::none:
      if (request.flags.writes()) {
        co_return co_await open_patiently(service, request.path, [&](unsigned round) {
          return open_for_writing(service, caller, request, round);
        });
      }
      co_return co_await open_patiently(service, request.path, [&](unsigned round) {
        auto find_file = [&] { return locate_file(service, caller, request.path); };
        return open_for_reading(service, caller, find_file, round);
      });
    case tpc::Part::placement:
    case tpc::Part::announcement:
      co_return co_await offload(service.blocking,
                                 [&] { return open_stand_in(service, call, request, copy); });
    case tpc::Part::fetch: {
      SLUICE_CO_TRY(auto asked,
                    co_await service.copies.fetch(&caller, &copy, request.path, &service.blocking));
      co_return co_await open_patiently(service, request.path, [&](unsigned round) {
        auto find_file = [&] { return locate_file(service, caller, asked); };
        return open_for_reading(service, caller, find_file, round);
      });
    }
  }
  co_return fail(Errc::server, "unknown part of a third-party copy");
}

}  // namespace sluice::door
