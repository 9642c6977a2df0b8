// SPDX-License-Identifier: Apache-2.0
// Which pool a directory belongs to: a file in it with the pool's name, locked by the process that serves it. A pool that
// starts without its disk must not take its files for lost, and two processes must not share a directory.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>

namespace sluice::pool {

// `has_replicas`: the catalogue says that the pool has some, so that its directory cannot be a new one. The descriptor keeps the
// lock. Errors name the directory and what to do.
Result<Fd> own_directory(const std::string& directory, const std::string& pool, bool has_replicas);

}  // namespace sluice::pool
