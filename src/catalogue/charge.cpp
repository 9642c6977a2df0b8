// SPDX-License-Identifier: Apache-2.0
#include "catalogue/charge.h"

#include <optional>

namespace sluice::catalogue {
namespace {

// The directories above and including one, walked only where a directory has a quota at all.
#define SLUICE_DIRECTORIES_ABOVE                                                                   \
  "(WITH RECURSIVE up (id, parent) AS ("                                                           \
  "SELECT id, parent FROM entry WHERE id = :directory AND EXISTS (SELECT 1 FROM quota WHERE kind " \
  "= 0) "                                                                                          \
  "UNION ALL SELECT e.id, e.parent FROM entry e JOIN up ON e.id = up.parent) SELECT id FROM up)"
#define SLUICE_QUOTA_COLUMNS "kind, limit_bytes, limit_files, used_bytes, used_files"

constexpr sql::Query add_directories{
    "UPDATE quota SET used_bytes = used_bytes + :bytes, used_files = used_files + :files "
    "WHERE kind = 0 AND subject IN " SLUICE_DIRECTORIES_ABOVE " RETURNING " SLUICE_QUOTA_COLUMNS,
    "iii", "iiiii"};
constexpr sql::Query add_principal{
    "UPDATE quota SET used_bytes = used_bytes + :bytes, used_files = used_files + :files "
    "WHERE (kind = 1 AND subject = :owner) OR (kind = 2 AND subject = :grp) "
    "RETURNING " SLUICE_QUOTA_COLUMNS,
    "iiii", "iiiii"};
constexpr sql::Query look{
    "SELECT " SLUICE_QUOTA_COLUMNS
    " FROM quota WHERE (kind = 1 AND subject = :owner) "
    "OR (kind = 2 AND subject = :grp) OR (kind = 0 AND subject IN " SLUICE_DIRECTORIES_ABOVE ")",
    "iii", "iiiii"};
constexpr sql::Query has_directory_quota{"SELECT 1 FROM quota WHERE kind = 0 LIMIT 1", "", "i"};
constexpr sql::Query below{
    "WITH RECURSIVE down (id, kind, size) AS ("
    "SELECT id, kind, size FROM entry WHERE parent = :directory AND upload = 0 "
    "UNION ALL SELECT e.id, e.kind, e.size FROM entry e JOIN down ON e.parent = down.id AND "
    "e.upload = 0) "
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT), COUNT(*) FROM down WHERE kind = 0",
    "i", "ii"};

// A row of SLUICE_QUOTA_COLUMNS against its limits, after `more` came on top of it.
bool exceeds(const sql::Row& row, Usage more) {
  const std::int64_t limit_bytes = row.integer(1);
  const std::int64_t limit_files = row.integer(2);
  return (limit_bytes >= 0 && more.bytes > 0 && row.integer(3) > limit_bytes - more.bytes) ||
         (limit_files >= 0 && more.files > 0 && row.integer(4) > limit_files - more.files);
}

Error over_quota(std::int64_t kind) {
  constexpr std::string_view whose[] = {"of the directory", "of the user", "of the group"};
  return {Errc::quota, "the quota " + std::string(whose[kind]) + " is used up",
          std::source_location::current()};
}

// Rows come with the new usage, so what was added is taken off again for the comparison.
Status add(sql::Session& session, const sql::Query& query, Usage usage,
           std::initializer_list<sql::Value> values) {
  std::optional<std::int64_t> over;
  SLUICE_TRY([[maybe_unused]] auto rows, session.run(query, values, [&](const sql::Row& row) {
    const bool bytes = row.integer(1) >= 0 && usage.bytes > 0 && row.integer(3) > row.integer(1);
    const bool files = row.integer(2) >= 0 && usage.files > 0 && row.integer(4) > row.integer(2);
    if (bytes || files) over = row.integer(0);
  }));
  if (over) return tl::unexpected<Error>(over_quota(*over));
  return {};
}

}  // namespace

Status charge_directories(sql::Session& session, FileId directory, Usage usage) {
  return add(session, add_directories, usage, {usage.bytes, usage.files, directory.number});
}

Status charge_principal(sql::Session& session, std::int64_t owner, std::int64_t group,
                        Usage usage) {
  return add(session, add_principal, usage, {usage.bytes, usage.files, owner, group});
}

Status charge(sql::Session& session, FileId directory, std::int64_t owner, std::int64_t group,
              Usage usage) {
  SLUICE_CHECK(charge_directories(session, directory, usage));
  return charge_principal(session, owner, group, usage);
}

Status check_room(sql::Session& session, FileId directory, std::int64_t owner, std::int64_t group,
                  Usage usage) {
  std::optional<std::int64_t> over;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(look, {owner, group, directory.number}, [&](const sql::Row& row) {
               if (exceeds(row, usage)) over = row.integer(0);
             }));
  if (over) return tl::unexpected<Error>(over_quota(*over));
  return {};
}

Status move_usage(sql::Session& session, const Entry& entry, FileId from, FileId to) {
  if (from == to || entry.is_link()) return {};
  SLUICE_TRY(const std::uint64_t quotas, session.run(has_directory_quota));
  if (quotas == 0) return {};
  Usage usage{static_cast<std::int64_t>(entry.size), 1};
  if (entry.is_directory()) {
    SLUICE_TRY(usage, usage_below(session, entry.id));
  }
  // Away first: directories above both places must not see it twice.
  SLUICE_CHECK(charge_directories(session, from, -usage));
  return charge_directories(session, to, usage);
}

Result<Usage> usage_below(sql::Session& session, FileId directory) {
  Usage usage;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(below, {directory.number},
                         [&](const sql::Row& row) { usage = {row.integer(0), row.integer(1)}; }));
  return usage;
}

}  // namespace sluice::catalogue
