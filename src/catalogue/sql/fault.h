// SPDX-License-Identifier: Apache-2.0
// The one place that turns exceptions of SOCI into errors of ours.
#pragma once

#include "catalogue/sql/session.h"

#include <soci/soci.h>

namespace sluice::catalogue::sql {

struct Failure {
  Error error;
  Fault fault;
};

// To be called inside a catch clause.
Failure current_failure(soci::session& session, Engine engine);

}  // namespace sluice::catalogue::sql
