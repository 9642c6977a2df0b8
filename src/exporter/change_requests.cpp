// SPDX-License-Identifier: Apache-2.0
// kXR_mkdir, rm, rmdir, mv, chmod and truncate.
#include "disk/open_file.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"

namespace sluice::exporter {

Result<Reply> mkdir(ExportService& service, const Call& call, const xroot::Mkdir& request) {
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::manage));
  SLUICE_CHECK(service.tree->make_directory(target.path, request.mode, request.parents));
  return Reply{};
}

Result<Reply> rm(ExportService& service, const Call& call, const xroot::Rm& request) {
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::remove));
  SLUICE_CHECK(service.tree->remove_file(target.path));
  return Reply{};
}

Result<Reply> rmdir(ExportService& service, const Call& call, const xroot::Rmdir& request) {
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::remove));
  SLUICE_CHECK(service.tree->remove_directory(target.path));
  return Reply{};
}

Result<Reply> mv(ExportService& service, const Call& call, const xroot::Mv& request) {
  SLUICE_TRY(RequestPath from,
             allowed_path(service, *call.caller, request.source, Activity::remove));
  SLUICE_TRY(RequestPath to,
             allowed_path(service, *call.caller, request.target, Activity::move_to));
  SLUICE_CHECK(service.tree->move(from.path, to.path));
  return Reply{};
}

Result<Reply> chmod(ExportService& service, const Call& call, const xroot::Chmod& request) {
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::update_meta));
  SLUICE_CHECK(service.tree->change_mode(target.path, request.mode));
  return Reply{};
}

Result<Reply> truncate(ExportService& service, const Call& call, const xroot::Truncate& request) {
  if (request.path.empty()) {
    SLUICE_TRY(auto file, open_file_of(call));
    SLUICE_CHECK(file->truncate(request.size));
    return Reply{};
  }
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::overwrite));
  SLUICE_CHECK(service.tree->truncate(target.path, request.size));
  return Reply{};
}

}  // namespace sluice::exporter
