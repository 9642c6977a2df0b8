// SPDX-License-Identifier: Apache-2.0
// What may be asked of a pool besides data: of an open file, of the pool itself, and checksums for doors.
#include "base/offload.h"
#include "capability/capability.h"
#include "catalogue/wire/attribute_answers.h"
#include "disk/checksums.h"
#include "disk/wire_forms.h"
#include "pool/mover_file.h"
#include "pool/requests.h"
#include "tpc/source.h"
#include "xroot/opaque.h"
#include "xroot/path.h"
#include "xroot/responses.h"
#include "xroot/server/session.h"
#include "xroot/server/standard_answers.h"

#include <ctime>

namespace sluice::pool {

Result<Reply> stat(PoolService&, const Call& call, const xroot::Stat& request) {
  if (!request.path.empty()) return back_to_door(*call.caller);
  SLUICE_TRY(auto file, disk::open_file_of(call));
  SLUICE_TRY(disk::FileStat now, file->stat());
  const auto& mover = static_cast<const MoverFile&>(*file->watch());
  return Reply::text(xroot::format_stat(mover.wire_stat(now)));
}

Result<Reply> truncate(PoolService&, const Call& call, const xroot::Truncate& request) {
  if (!request.path.empty()) return back_to_door(*call.caller);
  SLUICE_TRY(auto file, disk::open_file_of(call));
  SLUICE_CHECK(file->truncate(request.size));
  return Reply{};
}

// Attributes are in the catalogue, also those of an upload that nobody sees yet.
Task<Reply> fattr(PoolService& service, Answer answer, xroot::Fattr request) {
  if (!request.path.empty()) co_return back_to_door(*answer.call.caller);
  SLUICE_CO_TRY(auto file, disk::open_file_of(answer.call));
  if (catalogue::changes_attributes(request) && !file->is_writable())
    co_return fail(Errc::not_authorized, file->path() + " is open for reading only");
  FileId id = static_cast<const MoverFile*>(file->watch())->file();
  co_return co_await offload(service.blocking, [&] {
    return catalogue::answer_fattr(service.catalogue.attributes(), id, request);
  });
}

namespace {

// A door asks for the checksum of a file that is here, with a capability for that.
Task<Reply> checksum(PoolService& service, Call call, std::string_view args) {
  SLUICE_CO_TRY(auto parsed, xroot::parse_path(args));
  xroot::Opaque opaque(parsed.opaque);
  auto text = opaque.get(capability::cgi_key);
  if (!text) co_return back_to_door(*call.caller);
  auto now = static_cast<std::uint32_t>(::time(nullptr));
  SLUICE_CO_TRY(auto right, capability::verify(*text, service.keys, now));
  if (right.operation != capability::Operation::checksum || right.pool != service.id.number)
    co_return back_to_door(*call.caller);  // a client that came here for the data of that file
  SLUICE_CO_TRY(std::string type, xroot::server::checksum_type_of(opaque));
  SLUICE_CO_TRY(std::string value,
                co_await offload(service.checksum_pool, [&]() -> Result<std::string> {
                  SLUICE_TRY(auto file, service.store.open_replica({right.file}));
                  const disk::FileTree& tree = service.store.tree();
                  return disk::file_checksum(file->fd(), type, tree.volume(), !tree.is_read_only(),
                                             nullptr, parsed.path);
                }));
  co_return xroot::server::checksum_reply(type, value);
}

}  // namespace

Task<Reply> query(PoolService& service, Answer answer, xroot::Query request) {
  const xroot::server::Caller& caller = *answer.call.caller;
  switch (request.kind) {
    case xroot::QueryKind::stats:
      co_return Reply::text(xroot::server::statistics_answer(service));
    case xroot::QueryKind::config:
      co_return Reply::text(
          xroot::server::config_answer(service, tpc::config_entries, request.args));
    case xroot::QueryKind::opaque_handle:
      co_return disk::end_filling(answer.call, request.args == tpc::cancel_query);
    case xroot::QueryKind::checksum:
      co_return co_await checksum(service, answer.call, request.args);
    case xroot::QueryKind::checksum_cancel:
    case xroot::QueryKind::prepare:
    case xroot::QueryKind::xattr:
    case xroot::QueryKind::space:
      co_return back_to_door(caller);
    default:
      co_return fail(Errc::unsupported, "this kind of query");
  }
}

}  // namespace sluice::pool
