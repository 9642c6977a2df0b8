// SPDX-License-Identifier: Apache-2.0
// Which pool a directory belongs to: a file in it with the pool's name, locked by the process that serves it. A pool that
// starts without its disk must not take its files for lost, and two processes must not share a directory.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "catalogue/api.h"

#include <string>

namespace sluice::pool {

struct Ownership {
  Fd lock;         // as long as it is open
  std::string id;  // of the directory; no other has it
};

// `has_replicas`: the catalogue says that the pool has some, so that its directory cannot be a new one. Errors name the
// directory and what to do.
Result<Ownership> own_directory(const std::string& directory, const std::string& pool,
                                bool has_replicas);

// Errc::local when another directory serves under this name and was alive a moment ago.
Status check_name(catalogue::Catalogue& all, const std::string& pool, const std::string& id);
// From now on this directory is the pool.
Status take_name(catalogue::Catalogue& all, catalogue::PoolId pool, const std::string& id);

}  // namespace sluice::pool
