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

}  // namespace

Result<Reply> open(ExportService& service, const Call& call, const xroot::Open& request) {
  if (request.flags.duplicate) {
    return fail(Errc::unsupported, "opening as a clone; open the file and send a clone request");
  }
  const Activity activity = activity_of(request.flags);
  SLUICE_TRY(auto asked, xroot::server::allowed(service, *call.caller, request.path, activity));
  // A file that is changed in its place can be read as well.
  if (activity == Activity::overwrite && !request.flags.write_only)
    SLUICE_CHECK(xroot::server::check_access(service, *call.caller, asked, Activity::download));
  SLUICE_TRY(const LogicalPath path, LogicalPath::parse(asked.path));
  // Refused before a file is made: clients then copy through themselves, and want to make it.
  if (asked.opaque.get("tpc.stage") == "copy") {
    return fail(Errc::unsupported, path.text() + ": third-party copy");
  }
  SLUICE_TRY(auto file, open_file(service, call, asked, path, mode_of(request, asked.opaque)));
  if (request.flags.sequential) ::posix_fadvise(file->fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
  xroot::OpenAnswer answer;
  if (request.flags.return_stat) answer.stat = to_wire(*service.tree, file->opened_stat());
  Reply reply;
  answer.encode(reply.body);
  reply.opened = std::move(file);
  return reply;
}

Result<Reply> close(ExportService&, const Call& call, const xroot::Close&) {
  SLUICE_TRY(auto file, open_file_of(call));
  SLUICE_CHECK(file->close());
  return Reply{};
}

}  // namespace sluice::exporter
