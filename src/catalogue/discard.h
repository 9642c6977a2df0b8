// SPDX-License-Identifier: Apache-2.0
// What happens to the replicas of a file that lost its name, inside the transaction that takes the name away.
#pragma once

#include "catalogue/sql/session.h"
#include "catalogue/types.h"

namespace sluice::catalogue {

// Turns the replicas into work for their pools, and notes the file in the trash until they have done it. A file without
// replicas leaves nothing.
Status discard_replicas(sql::Session& session, const Entry& file, std::int64_t now);

}  // namespace sluice::catalogue
