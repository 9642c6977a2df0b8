// SPDX-License-Identifier: Apache-2.0
// Looks at places wherever they are, on the local disk or on a server: what is there, what is
// below, which names match.
#pragma once

#include "cli/copy_plan.h"
#include "cli/remote.h"

#include <vector>

namespace sluice::cli {

Task<xroot::client::FileInfo> look(Remote remote, Place place);

// Sorted by name; with kinds and sizes when `with_info`.
Task<std::vector<xroot::client::DirectoryEntry>> list(Remote remote, Place place, bool with_info);

// The places that a path with wildcards names, sorted; the place itself where there are none, or
// where a file of just that name exists. No match is Errc::not_found.
Task<std::vector<Place>> expand(Remote remote, Place place);

// Everything below a directory, parents before children. Local links to directories are not
// followed.
Task<std::vector<TreeEntry>> walk(Remote remote, Place place);

}  // namespace sluice::cli
