// SPDX-License-Identifier: Apache-2.0
// What several handlers need to go from the wire to the tree and back.
#pragma once

#include "disk/file_stat.h"
#include "disk/file_tree.h"
#include "disk/logical_path.h"
#include "disk/open_file.h"
#include "disk/volume.h"
#include "xroot/opaque.h"
#include "xroot/server/handler.h"
#include "xroot/stat_text.h"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::disk {

// "path?key=value&..." as requests carry it.
struct RequestPath {
  LogicalPath path;
  xroot::Opaque opaque;  // views into the request
};
Result<RequestPath> request_path(std::string_view wire);

// The file that the handle of a request refers to; Errc::not_open when it refers to none.
Result<std::shared_ptr<OpenFile>> open_file_of(const xroot::server::Call& call);
// The client gives up what somebody fills for it, if `is_meant`.
Result<xroot::server::Reply> end_filling(const xroot::server::Call& call, bool is_meant);

// The flags say what this server may do with the file, which is what its clients may do.
xroot::FileStat to_wire(const FileTree& tree, const FileStat& stat);

}  // namespace sluice::disk
