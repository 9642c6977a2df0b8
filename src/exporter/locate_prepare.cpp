// SPDX-License-Identifier: Apache-2.0
// kXR_locate and kXR_prepare of a server that has all its files on its own disk: it is always the
// one place, and nothing needs to be brought.
#include "disk/journal.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/responses.h"

namespace sluice::exporter {

Result<Reply> locate(ExportService& service, const Call& call, const xroot::Locate& request) {
  bool can_write = !service.tree->is_read_only();
  if (!request.path.empty()) {
    SLUICE_TRY(RequestPath target,
               allowed_path(service, *call.caller, request.path, Activity::read_meta));
    SLUICE_TRY(FileStat found, service.tree->stat(target.path));
    can_write = service.tree->may_write(found);
  }
  xroot::LocateAnswer answer;
  answer.locations.push_back({false, false, can_write, service.address});
  Reply reply;
  answer.encode(reply.body);
  return reply;
}

Result<Reply> prepare(ExportService& service, const Call& call, const xroot::Prepare& request) {
  if (request.flags.cancel) return Reply{};
  if (request.paths.empty()) return fail(Errc::missing_argument, "prepare without a path");
  for (std::string_view line : request.paths) {
    SLUICE_TRY(RequestPath target, allowed_path(service, *call.caller, line, Activity::read_meta));
    Result<FileStat> found = service.tree->stat(target.path);
    if (!found && !request.flags.no_errors) return tl::unexpected<Error>(std::move(found).error());
  }
  // A request to stage gets a name, under which its state can be asked for; it is done already.
  if (request.flags.stage) return Reply::text("sluice-" + random_name());
  return Reply{};
}

}  // namespace sluice::exporter
