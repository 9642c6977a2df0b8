// SPDX-License-Identifier: Apache-2.0
// The schema's versions, compiled into the program from schema/*.sql, and their application to a database.
#pragma once

#include "base/result.h"
#include "catalogue/sql/session.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::catalogue::sql {

struct Migration {
  std::int64_t version;  // 1, 2, 3, ...
  std::string_view name;
  std::string_view text;
};

std::span<const Migration> embedded_migrations();

// Inside a writing transaction: applies what the database lacks. Programs that start together wait for each other. A
// database of a newer program is Errc::unsupported, because an older one would not keep its rules.
Status migrate(Session& session, std::span<const Migration> migrations = embedded_migrations());

// Without comments, cut at semicolons that end a line.
std::vector<std::string> statements_of(std::string_view text);

}  // namespace sluice::catalogue::sql
