// SPDX-License-Identifier: Apache-2.0
// kXR_open and kXR_close.
#include "base/units.h"
#include "disk/open_file.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/responses.h"

#include <fcntl.h>

namespace sluice::exporter {
namespace {

// Clients combine the bits freely; this is what each combination means. Without any writing bit a
// file is opened for reading, whatever else is set.
OpenMode mode_of(const xroot::Open& request, const xroot::Opaque& opaque) {
  using enum OpenMode::Create;
  const xroot::OpenFlags& flags = request.flags;
  OpenMode mode;
  if (!flags.writes()) return mode;
  bool only_writes = flags.write_only && !flags.update && !flags.read;
  mode.access = only_writes ? OpenMode::Access::write : OpenMode::Access::read_write;
  // "new" wins over "delete": clients that send both want to be told that the file exists.
  mode.create = flags.create      ? always
                : flags.overwrite ? overwrite
                : flags.append    ? missing
                                  : never;
  mode.mode = request.mode;
  mode.on_success = flags.posc;
  mode.force = flags.force;
  if (auto size = opaque.get("oss.asize")) {
    // Only a hint: what is no number is no reason to refuse an upload.
    mode.expected_size = parse_int<std::uint64_t>(*size, 0, INT64_MAX).value_or(0);
  }
  return mode;
}

// Whoever may make new files only gets one that is new, or hears that it may not replace the one there.
Result<std::shared_ptr<OpenFile>> open_file(ExportService& service, const Call& call,
                                            const xroot::server::Asked& asked,
                                            const LogicalPath& path, OpenMode mode) {
  const bool may_replace =
      mode.create == OpenMode::Create::overwrite || mode.create == OpenMode::Create::missing;
  if (!may_replace) return service.tree->open_file(path, mode);
  Status overwrites =
      service.gatekeeper->access().check(*asked.who, Activity::overwrite, asked.path);
  if (overwrites) return service.tree->open_file(path, mode);
  mode.create = OpenMode::Create::always;
  auto file = service.tree->open_file(path, mode);
  if (!file && file.error().code == Errc::exists) {
    SLUICE_CHECK(
        xroot::server::audited(*call.caller, asked, Activity::overwrite, std::move(overwrites)));
  }
  return file;
}

Result<Reply> opened(const ExportService& service, const xroot::Open& request,
                     std::shared_ptr<OpenFile> file) {
  xroot::OpenAnswer answer;
  if (request.flags.return_stat) answer.stat = to_wire(*service.tree, file->opened_stat());
  Reply reply;
  answer.encode(reply.body);
  reply.opened = std::move(file);
  return reply;
}

Result<Reply> open_here(ExportService& service, const Call& call, const xroot::Open& request,
                        std::shared_ptr<Filler> filler = nullptr) {
  const Activity activity = activity_of(request.flags);
  SLUICE_TRY(auto asked, xroot::server::allowed(service, *call.caller, request.path, activity));
  // A file that is changed in its place can be read as well.
  if (activity == Activity::overwrite && !request.flags.write_only)
    SLUICE_CHECK(xroot::server::check_access(service, *call.caller, asked, Activity::download));
  SLUICE_TRY(const LogicalPath path, LogicalPath::parse(asked.path));
  OpenMode mode = mode_of(request, asked.opaque);
  if (filler) mode.on_success = true;
  SLUICE_TRY(auto file, open_file(service, call, asked, path, mode));
  if (filler) file->fill_by(std::move(filler));
  if (request.flags.sequential) ::posix_fadvise(file->fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return opened(service, request, std::move(file));
}

// For whoever starts a third-party copy from here: a handle that holds what was announced, and reads nothing.
Result<Reply> open_to_look(ExportService& service, const Call& call, const xroot::Open& request,
                           const tpc::Request& copy) {
  const bool announces = copy.part == tpc::Part::announcement;
  SLUICE_TRY(auto asked, announces ? xroot::server::allowed(service, *call.caller, request.path,
                                                            Activity::download)
                                   : xroot::server::allowed_by_login(
                                         service, *call.caller, request.path, Activity::read_meta));
  SLUICE_TRY(const LogicalPath path, LogicalPath::parse(asked.path));
  OpenMode mode;
  mode.access = OpenMode::Access::none;
  SLUICE_TRY(auto file, service.tree->open_file(path, mode));
  if (announces) {
    SLUICE_TRY(auto ticket, service.copies.announce(*call.caller, copy, asked, request.path));
    file->keep(std::move(ticket));
  }
  return opened(service, request, std::move(file));
}

// For the destination of a third-party copy.
Task<Reply> open_to_fetch(ExportService* service, const Call* call, const xroot::Open* request,
                          const tpc::Request* copy) {
  SLUICE_CO_TRY(auto asked, co_await service->copies.fetch(call->caller.get(), copy, request->path,
                                                           &service->blocking));
  co_return co_await offload(service->blocking, [&]() -> Result<Reply> {
    SLUICE_TRY(const LogicalPath path, LogicalPath::parse(asked.path));
    SLUICE_TRY(auto file, service->tree->open_file(path, {}));
    return opened(*service, *request, std::move(file));
  });
}

}  // namespace

std::optional<Result<Reply>> quick_open(ExportService& service, const Call& call,
                                        const xroot::Open& request) {
  if (!service.metadata_inline() || request.flags.duplicate || tpc::is_third_party(request.path) ||
      !xroot::server::is_asked_at_once(service, request.path))
    return {};
  return open_here(service, call, request);
}

Task<Reply> open(ExportService& service, Answer answer, xroot::Open request) {
  const Call& call = answer.call;
  if (request.flags.duplicate)
    co_return fail(Errc::unsupported, "opening as a clone; open the file and send a clone request");
  SLUICE_CO_TRY(tpc::Request copy, tpc::request_of(request.path, request.flags.writes()));
  switch (copy.part) {
    case tpc::Part::none:
      co_return co_await offload(service.blocking,
                                 [&] { return open_here(service, call, request); });
    case tpc::Part::placement:
    case tpc::Part::announcement:
      co_return co_await offload(service.blocking,
                                 [&] { return open_to_look(service, call, request, copy); });
    case tpc::Part::fetch:
      co_return co_await open_to_fetch(&service, &call, &request, &copy);
    case tpc::Part::order: {
      // In a file that is changed in its place a copy that fails would leave a mixture.
      if (!request.flags.create && !request.flags.overwrite)
        co_return fail(Errc::invalid_argument, "a third-party copy makes a file, or replaces one");
      // Refused before a file is made: clients may then copy through themselves, and want to make it.
      SLUICE_CO_TRY(auto order, co_await offload(service.blocking, [&] {
                      return service.deliveries.order_of(request.path, *call.caller);
                    }));
      SLUICE_CO_TRY(auto filler, service.deliveries.begin(std::move(order)));
      co_return co_await offload(service.blocking,
                                 [&] { return open_here(service, call, request, filler); });
    }
  }
  co_return fail(Errc::server, "unknown part of a third-party copy");
}

Result<Reply> close(ExportService&, const Call& call, const xroot::Close&) {
  SLUICE_TRY(auto file, open_file_of(call));
  SLUICE_CHECK(file->close());
  return Reply{};
}

}  // namespace sluice::exporter
