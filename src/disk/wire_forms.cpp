// SPDX-License-Identifier: Apache-2.0
#include "disk/wire_forms.h"

#include "xroot/protocol.h"

#include <algorithm>

namespace sluice::disk {

Result<RequestPath> request_path(std::string_view wire) {
  std::size_t mark = std::min(wire.find('?'), wire.size());
  std::string_view opaque = wire.substr(std::min(mark + 1, wire.size()));
  if (opaque.size() > xroot::max_opaque) {
    return fail(Errc::too_long, "the CGI of the path is longer than 16384 bytes");
  }
  SLUICE_TRY(LogicalPath path, LogicalPath::parse(wire.substr(0, mark)));
  return RequestPath{std::move(path), xroot::Opaque(opaque)};
}

Result<std::shared_ptr<OpenFile>> open_file_of(const xroot::server::Call& call) {
  if (!call.file) return fail(Errc::not_open, "the handle is not that of an open file");
  return std::static_pointer_cast<OpenFile>(call.file);
}

Result<xroot::server::Reply> end_filling(const xroot::server::Call& call, bool is_meant) {
  SLUICE_TRY(auto file, open_file_of(call));
  Filler* filler = file->filler();
  if (filler == nullptr || !is_meant) return fail(Errc::unsupported, "this kind of query");
  (void)filler->end();  // what it was about is told to those who wait for it
  return xroot::server::Reply{};
}

xroot::FileStat to_wire(const FileTree& tree, const FileStat& stat) {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr unsigned device_shift = 48;  // inode numbers do not reach that high
  xroot::FileStat out;
  out.id = stat.key.inode ^ (stat.key.device << device_shift);
  out.size = stat.size;
  out.flags.executable = tree.may_execute(stat);
  out.flags.directory = stat.is_directory();
  out.flags.other = !stat.is_directory() && !stat.is_file();
  out.flags.readable = tree.may_read(stat);
  out.flags.writable = tree.may_write(stat);
  out.flags.posc_pending = stat.pending;
  out.mtime = stat.modified_ns / second;
  out.ctime = stat.changed_ns / second;
  out.atime = stat.accessed_ns / second;
  out.mode = static_cast<std::uint16_t>(stat.mode & 07777);
  out.owner = tree.user_name(stat.owner);
  out.group = tree.group_name(stat.group);
  return out;
}

}  // namespace sluice::disk
