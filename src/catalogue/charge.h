// SPDX-License-Identifier: Apache-2.0
// Quota inside transactions: what is added to or taken from the directories above an entry and from its owner and group.
#pragma once

#include "catalogue/sql/session.h"
#include "catalogue/types.h"

namespace sluice::catalogue {

// Files only; directories and links are free.
struct Usage {
  std::int64_t bytes = 0;
  std::int64_t files = 0;

  Usage operator-() const { return {-bytes, -files}; }
};

// Errc::quota when something would exceed its limit; taking away never fails so. The transaction must then be rolled back.
Status charge_directories(sql::Session& session, FileId directory, Usage usage);
Status charge_principal(sql::Session& session, std::int64_t owner, std::int64_t group, Usage usage);
// Both.
Status charge(sql::Session& session, FileId directory, std::int64_t owner, std::int64_t group,
              Usage usage);

// Would `usage` fit? Changes nothing, so it is a courtesy to those who are about to upload, not a reservation.
Status check_room(sql::Session& session, FileId directory, std::int64_t owner, std::int64_t group,
                  Usage usage);

// A directory with everything below it goes from one directory to another: its usage moves along.
Status move_usage(sql::Session& session, const Entry& entry, FileId from, FileId to);

// Bytes and files below a directory, uploads excluded.
Result<Usage> usage_below(sql::Session& session, FileId directory);

}  // namespace sluice::catalogue
