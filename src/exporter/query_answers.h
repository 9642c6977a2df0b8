// SPDX-License-Identifier: Apache-2.0
// The texts that kXR_query answers with.
#pragma once

#include "disk/logical_path.h"
#include "exporter/export_service.h"
#include "xroot/requests/lines.h"

#include <string>
#include <string_view>

namespace sluice::exporter {

// "oss.cgroup=public&oss.type=f&...".
Result<std::string> xattr_answer(const FileTree& tree, const LogicalPath& path);

// The state of a request to stage: its id and then the paths that are asked about. The answer is
// the JSON that tape servers give and gfal reads. Everything that exists is online here. Blocks.
std::string prepare_status(const FileTree& tree, xroot::Lines lines);

}  // namespace sluice::exporter
