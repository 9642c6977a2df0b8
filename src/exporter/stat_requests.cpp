// SPDX-License-Identifier: Apache-2.0
// kXR_stat and kXR_statx.
#include "disk/wire_forms.h"
#include "exporter/metadata_requests.h"
#include "xroot/responses.h"

namespace sluice::exporter {
namespace {

Result<Reply> stat_file_system(const FileTree& tree, const LogicalPath& path) {
  constexpr std::uint64_t megabyte = 1 << 20;
  SLUICE_TRY(Space space, tree.space(path));
  xroot::FileSystemStat out;
  out.nodes = tree.is_read_only() ? 0 : 1;
  out.free_mb = space.free / megabyte;
  out.used_percent =
      space.total > 0 ? space.used() / std::max<std::uint64_t>(space.total / 100, 1) : 0;
  out.used_percent = std::min<std::uint64_t>(out.used_percent, 100);
  return Reply::text(xroot::format_stat(out));
}

}  // namespace

Result<Reply> stat(ExportService& service, const Call& call, const xroot::Stat& request) {
  const FileTree& tree = *service.tree;
  if (request.path.empty()) {
    SLUICE_TRY(auto file, open_file_of(call));
    if (request.file_system) {
      SLUICE_TRY(LogicalPath path, LogicalPath::parse(file->path()));
      return stat_file_system(tree, path);
    }
    SLUICE_TRY(FileStat now, file->stat());
    return Reply::text(xroot::format_stat(to_wire(tree, now)));
  }
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::read_meta));
  if (request.file_system) return stat_file_system(tree, target.path);
  SLUICE_TRY(FileStat found, tree.stat(target.path));
  return Reply::text(xroot::format_stat(to_wire(tree, found)));
}

// One missing path fails the whole request, as with stock servers.
Result<Reply> statx(ExportService& service, const Call& call, const xroot::Statx& request) {
  Reply reply;
  for (std::string_view line : request.paths) {
    SLUICE_TRY(RequestPath target, allowed_path(service, *call.caller, line, Activity::read_meta));
    SLUICE_TRY(FileStat found, service.tree->stat(target.path));
    reply.body.push_back(static_cast<std::byte>(to_wire(*service.tree, found).flags.word() & 0xff));
  }
  if (reply.body.empty()) return fail(Errc::missing_argument, "statx without a path");
  return reply;
}

}  // namespace sluice::exporter
