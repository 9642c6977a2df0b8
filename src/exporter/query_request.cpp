// SPDX-License-Identifier: Apache-2.0
// kXR_query: one function per kind of question.
#include "base/offload.h"
#include "disk/checksum_runs.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/requests/lines.h"
#include "xroot/responses.h"
#include "xroot/server/standard_answers.h"

#include <boost/asio/this_coro.hpp>

namespace sluice::exporter {
namespace {

using xroot::QueryKind;

// Of a file that is open, by its handle: its own descriptor is read.
Task<Reply> checksum_of_handle(ExportService& service, std::shared_ptr<OpenFile> file,
                               std::string type) {
  Result<std::string> value = co_await offload(service.checksum_pool, [&]() -> Result<std::string> {
    if (file->is_writable()) return fail(Errc::locked, file->path() + " is being written");
    if (!file->is_readable())
      return fail(Errc::not_open, file->path() + " is not open for reading");
    const FileTree& tree = *service.tree;
    return file_checksum(file->fd(), type, tree.volume(), !tree.is_read_only(), nullptr,
                         file->path());
  });
  SLUICE_CO_CHECK(value);
  co_return xroot::server::checksum_reply(type, *value);
}

Task<Reply> checksum(ExportService& service, Answer answer, std::string args) {
  if (args.empty() || args.starts_with('?')) {
    SLUICE_CO_TRY(auto file, open_file_of(answer.call));
    SLUICE_CO_TRY(std::string type, xroot::server::checksum_type_of(xroot::Opaque(args)));
    co_return co_await checksum_of_handle(service, std::move(file), std::move(type));
  }
  SLUICE_CO_TRY(RequestPath target,
                co_await allowed_path_beside(service, answer, args, Activity::read_meta));
  SLUICE_CO_TRY(std::string type, xroot::server::checksum_type_of(target.opaque));
  auto interest = service.checksums.ask(target.path, type);
  // A client that is gone shall not keep a disk busy for hours.
  auto slot = (co_await asio::this_coro::cancellation_state).slot();
  if (slot.is_connected()) {
    slot.assign([kept = interest.get()](asio::cancellation_type) { kept->give_up(); });
  }
  Result<std::string> value = co_await offload(
      service.checksum_pool, [&] { return service.checksums.get(*interest, target.path, type); });
  slot.clear();
  SLUICE_CO_CHECK(value);
  co_return xroot::server::checksum_reply(type, *value);
}

Result<Reply> blocking_query(ExportService& service, const xroot::server::Caller& caller,
                             const xroot::Query& request) {
  FileTree& tree = *service.tree;
  switch (request.kind) {
    case QueryKind::xattr: {
      SLUICE_TRY(RequestPath target,
                 allowed_path(service, caller, request.args, Activity::read_meta));
      SLUICE_TRY(FileStat found, tree.stat(target.path));
      return xroot::server::xattr_reply(to_wire(tree, found));
    }
    case QueryKind::space: {
      // Old clients ask for a space by its name or for nothing: there is one space here.
      bool by_path = request.args.starts_with('/');
      SLUICE_TRY(RequestPath target,
                 allowed_path(service, caller, by_path ? request.args : "/", Activity::read_meta));
      SLUICE_TRY(Space space, tree.space(target.path));
      Reply reply;
      xroot::SpaceAnswer{"public", space.total, space.free, space.free, space.used(), -1}.encode(
          reply.body);
      return reply;
    }
    default:
      return Reply::text(xroot::server::prepare_status(
          xroot::Lines(request.args), [&](std::string_view line) -> Status {
            SLUICE_TRY(RequestPath target,
                       allowed_path(service, caller, line, Activity::read_meta));
            SLUICE_CHECK(tree.stat(target.path));
            return {};
          }));
  }
}

}  // namespace

Task<Reply> query(ExportService& service, Answer answer, xroot::Query request) {
  switch (request.kind) {
    case QueryKind::stats:
      co_return Reply::text(xroot::server::statistics_answer(service));
    case QueryKind::config:
      co_return Reply::text(
          xroot::server::config_answer(service, tpc::config_entries, request.args));
    case QueryKind::checksum:
      co_return co_await checksum(service, std::move(answer), std::string(request.args));
    case QueryKind::checksum_cancel: {
      SLUICE_CO_TRY(RequestPath target, co_await allowed_path_beside(service, answer, request.args,
                                                                     Activity::read_meta));
      service.checksums.cancel(target.path);
      co_return Reply{};
    }
    case QueryKind::opaque_handle:
      co_return disk::end_filling(answer.call, request.args == tpc::cancel_query);
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
      co_return fail(Errc::unsupported, "this kind of query");
  }
  co_return fail(Errc::invalid_argument, "unknown kind of query");
}

}  // namespace sluice::exporter
