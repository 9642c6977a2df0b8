// SPDX-License-Identifier: Apache-2.0
// kXR_open at a pool: verify the capability, wait for a mover's turn, open the replica; and kXR_close.
#include "base/checksum.h"
#include "base/text.h"
#include "disk/wire_forms.h"
#include "pool/mover_file.h"
#include "pool/requests.h"
#include "tpc/request.h"
#include "xroot/opaque.h"
#include "xroot/path.h"
#include "xroot/responses.h"
#include "xroot/server/login.h"
#include "xroot/server/session.h"
#include "xroot/server/standard_answers.h"

#include <fcntl.h>

#include <ctime>

namespace sluice::pool {
namespace {

using capability::Capability;
using capability::Operation;

struct Wanted {
  Capability right;
  std::string capability;  // as the client brought it
  std::string path;        // as the client names it, a label
  std::string door_session;
  bool writes = false;
  std::uint32_t mode = 0;  // of the file that an upload makes
  std::optional<ExpectedChecksum> expected;
};

// What the client says the checksum of its upload is: "adler32:0a1b2c3d" in oss.cksum.
Result<std::optional<ExpectedChecksum>> expected_checksum(const xroot::Opaque& opaque) {
  auto text = opaque.get("oss.cksum");
  std::size_t colon = text ? text->find(':') : std::string_view::npos;
  if (colon == std::string_view::npos) return std::optional<ExpectedChecksum>();
  SLUICE_TRY(const ChecksumRow* row, find_checksum(text->substr(0, colon)));
  return std::optional(
      ExpectedChecksum{std::string(row->name), std::string(text->substr(colon + 1))});
}

Result<Wanted> wanted(const PoolService& service, const xroot::Open& request) {
  SLUICE_TRY(auto parsed, xroot::parse_path(request.path));
  xroot::Opaque opaque(parsed.opaque);
  auto text = opaque.get(capability::cgi_key);
  if (!text) return fail(Errc::not_authorized, parsed.path + ": no capability, ask the door first");
  auto now = static_cast<std::uint32_t>(::time(nullptr));
  SLUICE_TRY(Capability right, capability::verify(*text, service.keys, now));
  if (right.pool != service.id.number)
    return fail(Errc::not_authorized, parsed.path + ": the capability is for another pool");
  bool writes = request.flags.writes();
  if (right.operation != (writes ? Operation::write : Operation::read)) {
    return fail(Errc::not_authorized, parsed.path + (writes ? ": the capability is for reading"
                                                            : ": the capability is for writing"));
  }
  Wanted out;
  out.right = std::move(right);
  out.capability = *text;
  out.path = std::move(parsed.path);
  out.door_session =
      xroot::server::session_label(opaque.get(xroot::server::session_key).value_or(""));
  out.writes = writes;
  out.mode = request.mode;
  if (writes) {
    SLUICE_TRY(out.expected, expected_checksum(opaque));
  }
  return out;
}

MoverRequest mover_request(const Wanted& wanted, const xroot::server::Caller& caller) {
  MoverRequest request;
  request.file = wanted.right.file;
  request.path = wanted.path;
  request.user = wanted.right.user;
  request.client = caller.peer;
  request.application = caller.application;
  request.session = xroot::server::short_id(caller.id);
  request.door = caller.door;
  request.door_session = wanted.door_session;
  request.queue = wanted.right.queue;
  request.writes = wanted.writes;
  return request;
}

Result<std::shared_ptr<disk::OpenFile>> open_file(PoolService& service, const Wanted& wanted) {
  FileId file{wanted.right.file};
  if (wanted.writes) {
    if (!service.begun.begin(file, wanted.right.expires,
                             static_cast<std::uint32_t>(::time(nullptr)))) {
      return fail(
          Errc::not_open,
          wanted.path + ": the upload ended with its connection; begin it again at the door");
    }
    std::string description = fmt::format("1 {} {}", wanted.right.user, wanted.path);
    return service.store.begin(file, wanted.right.size, wanted.mode, description);
  }
  auto opened = service.store.open_replica(file);
  if (opened && (*opened)->opened_stat().size != wanted.right.size) {
    opened = fail(Errc::io, fmt::format("{} bytes instead of {}", (*opened)->opened_stat().size,
                                        wanted.right.size));
  }
  if (opened) return opened;
  // What may pass (no descriptors left, a disk that stumbled) says nothing about the replica.
  bool is_gone = opened.error().code == Errc::not_found || opened.error().code == Errc::io;
  if (!is_gone) return fail(Errc::file_system, wanted.path + ": the pool cannot open its replica");
  // Another pool may have it; not found would say that nobody has.
  service.report_broken(file, opened.error());
  return fail(Errc::io, wanted.path + ": the replica of this pool cannot be read");
}

// Another pool may have the room that this one promised to others since the door looked.
Result<Reply> no_room(const PoolService& service, const Wanted& wanted, const std::string& door,
                      Error why) {
  if (why.code != Errc::no_space || door.empty()) return tl::unexpected<Error>(std::move(why));
  SLUICE_TRY(const Endpoint target, parse_endpoint(door));
  SLUICE_TRY(const Endpoint self, parse_endpoint(service.address));
  std::string cgi;
  xroot::Opaque::append(cgi, "tried", self.host);
  xroot::Opaque::append(cgi, "triedrc", xroot::tried_for_space);
  xroot::Opaque::append(cgi, capability::cgi_key, wanted.capability);
  return xroot::server::redirect(target, cgi);
}

Result<Reply> answer_of(PoolService& service, const xroot::Open& request, const Wanted& wanted,
                        std::shared_ptr<Mover> mover,
                        std::shared_ptr<disk::Filler> filler = nullptr) {
  std::unique_ptr<Reservations::Claim> space;
  if (wanted.writes) {
    auto claimed = service.reserve(wanted.right.size);
    if (!claimed)
      return no_room(service, wanted, mover->request().door, std::move(claimed).error());
    space = std::move(*claimed);
  }
  SLUICE_TRY(auto file, open_file(service, wanted));
  auto hold = std::make_unique<MoverFile>(service, std::move(mover), wanted.right, wanted.expected,
                                          std::move(space));
  xroot::FileStat stat = hold->wire_stat(file->opened_stat());
  file->watch_by(std::move(hold), wanted.path);
  if (filler) file->fill_by(std::move(filler));
  if (request.flags.sequential) ::posix_fadvise(file->fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
  xroot::OpenAnswer answer;
  if (request.flags.return_stat) answer.stat = std::move(stat);
  Reply reply;
  answer.encode(reply.body);
  reply.opened = std::move(file);
  return reply;
}

}  // namespace

Task<Reply> open(PoolService& service, Answer answer, xroot::Open request) {
  Result<Wanted> checked = wanted(service, request);
  if (!checked) {
    // Too old, or signed before this pool began: the door will give another one.
    const auto& caller = *answer.call.caller;
    if (checked.error().code == Errc::not_authorized && !caller.door.empty())
      co_return back_to_door(caller);
    co_return tl::unexpected<Error>(std::move(checked).error());
  }
  SLUICE_CO_TRY(const tpc::Request copy, tpc::request_of(request.path, request.flags.writes()));
  std::optional<tpc::Order> order;
  if (copy.part == tpc::Part::order) {
    SLUICE_CO_TRY(order, co_await offload(service.blocking, [&] {
                    return service.deliveries.order_of(request.path, *answer.call.caller);
                  }));
  }
  SLUICE_CO_TRY(auto mover,
                co_await service.movers.admit(mover_request(*checked, *answer.call.caller)));
  std::shared_ptr<disk::Filler> filler;
  if (order) {
    auto begun = service.deliveries.begin(*std::move(order));
    // Nobody else ends the upload that the door began.
    if (!begun) {
      [[maybe_unused]] Status freed = co_await offload(service.blocking, [&] {
        return service.catalogue.uploads().abort({checked->right.file});
      });
      co_return tl::unexpected<Error>(std::move(begun).error());
    }
    filler = *std::move(begun);
  }
  auto open_it = [&] { return answer_of(service, request, *checked, std::move(mover), filler); };
  if (service.metadata_inline()) co_return open_it();
  co_return co_await offload(service.blocking, open_it);
}

// Somebody who reads, while there is a place for the mover.
std::optional<Result<Reply>> quick_open(PoolService& service, const Call& call,
                                        const xroot::Open& request) {
  if (request.flags.writes() || !service.metadata_inline()) return {};
  auto checked = wanted(service, request);
  if (!checked) return {};
  auto mover = service.movers.admit_now(mover_request(*checked, *call.caller));
  if (!mover) return {};
  return answer_of(service, request, *checked, std::move(mover));
}

Result<Reply> close(PoolService&, const Call& call, const xroot::Close&) {
  SLUICE_TRY(auto file, disk::open_file_of(call));
  SLUICE_CHECK(file->close());
  return Reply{};
}

}  // namespace sluice::pool
