// SPDX-License-Identifier: Apache-2.0
// Three ways to find what a path names, to choose between them by measuring.
#pragma once

#include "catalogue/sql/database.h"

#include <string>
#include <vector>

namespace sluice::bench {

enum class Way : std::uint8_t {
  joins,       // a chain of outer joins, one per name: what the catalogue does
  recursion,   // a recursive query over a list of names
  one_by_one,  // a statement per name
};

// The id, or 0.
std::int64_t find_id(catalogue::sql::Database& database, const std::vector<std::string>& names,
                     Way way);

}  // namespace sluice::bench
