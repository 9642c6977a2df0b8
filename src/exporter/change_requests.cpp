// SPDX-License-Identifier: Apache-2.0
// kXR_mkdir, rm, rmdir, mv, chmod and truncate.
#include "disk/open_file.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"

namespace sluice::exporter {

Result<Reply> mkdir(ExportService& service, const Call&, const xroot::Mkdir& request) {
  SLUICE_TRY(RequestPath target, request_path(request.path));
  SLUICE_CHECK(service.tree->make_directory(target.path, request.mode, request.parents));
  return Reply{};
}

Result<Reply> rm(ExportService& service, const Call&, const xroot::Rm& request) {
  SLUICE_TRY(RequestPath target, request_path(request.path));
  SLUICE_CHECK(service.tree->remove_file(target.path));
  return Reply{};
}

Result<Reply> rmdir(ExportService& service, const Call&, const xroot::Rmdir& request) {
  SLUICE_TRY(RequestPath target, request_path(request.path));
  SLUICE_CHECK(service.tree->remove_directory(target.path));
  return Reply{};
}

Result<Reply> mv(ExportService& service, const Call&, const xroot::Mv& request) {
  SLUICE_TRY(RequestPath from, request_path(request.source));
  SLUICE_TRY(RequestPath to, request_path(request.target));
  SLUICE_CHECK(service.tree->move(from.path, to.path));
  return Reply{};
}

Result<Reply> chmod(ExportService& service, const Call&, const xroot::Chmod& request) {
  SLUICE_TRY(RequestPath target, request_path(request.path));
  SLUICE_CHECK(service.tree->change_mode(target.path, request.mode));
  return Reply{};
}

Result<Reply> truncate(ExportService& service, const Call& call, const xroot::Truncate& request) {
  if (request.path.empty()) {
    SLUICE_TRY(auto file, open_file_of(call));
    SLUICE_CHECK(file->truncate(request.size));
    return Reply{};
  }
  SLUICE_TRY(RequestPath target, request_path(request.path));
  SLUICE_CHECK(service.tree->truncate(target.path, request.size));
  return Reply{};
}

}  // namespace sluice::exporter
