// SPDX-License-Identifier: Apache-2.0
// The secrets that all doors and pools share, so that a pool can verify what a door signed without asking it. The newest one
// signs, every live one verifies. Thread-safe; every call blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <array>
#include <vector>

namespace sluice::catalogue {

// Never to be logged or put into an error.
struct SigningKey {
  std::int64_t id = 0;  // larger ones are newer; an id is never used twice
  std::array<std::byte, 32> secret{};
  std::int64_t created_ns = 0;
};

class SigningKeys {
 public:
  SigningKeys(sql::Database& database, Clock clock)
      : database_(database), clock_(std::move(clock)) {}

  // Newest first, at least one. Makes a key where the newest is older than `rotate_after`, and deletes those older than three
  // times that: what was signed is good for at most twice `rotate_after`. Somebody else may make a key right afterwards, so
  // whoever meets an unknown id asks again.
  Result<std::vector<SigningKey>> live(Duration rotate_after);

 private:
  sql::Database& database_;
  const Clock clock_;
};

}  // namespace sluice::catalogue
