// SPDX-License-Identifier: Apache-2.0
#include "catalogue/quotas.h"

#include "catalogue/charge.h"
#include "catalogue/entry_row.h"

#include <limits>

namespace sluice::catalogue {
namespace {

constexpr std::string_view letters = "iiiiii";
#define SLUICE_QUOTA_COLUMNS "kind, subject, limit_bytes, limit_files, used_bytes, used_files"

constexpr sql::Query lock_entries{"{lock_entries}", "", ""};
constexpr sql::Query put{
    "INSERT INTO quota (kind, subject, limit_bytes, limit_files, used_bytes, used_files) "
    "VALUES (:kind, :subject, :bytes, :files, 0, 0) ON CONFLICT (kind, subject) "
    "DO UPDATE SET limit_bytes = excluded.limit_bytes, limit_files = excluded.limit_files",
    "iiii", ""};
constexpr sql::Query set_usage{
    "UPDATE quota SET used_bytes = :bytes, used_files = :files "
    "WHERE kind = :kind AND subject = :subject",
    "iiii", ""};
constexpr sql::Query one{"SELECT " SLUICE_QUOTA_COLUMNS
                         " FROM quota WHERE kind = :kind AND subject = :subject",
                         "ii", letters};
constexpr sql::Query all{"SELECT " SLUICE_QUOTA_COLUMNS " FROM quota ORDER BY kind, subject", "",
                         letters};
constexpr sql::Query erase{"DELETE FROM quota WHERE kind = :kind AND subject = :subject", "ii", ""};
constexpr sql::Query usage_of_user{
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT), COUNT(*) FROM entry "
    "WHERE owner_id = :owner AND kind = 0 AND upload = 0",
    "i", "ii"};
constexpr sql::Query usage_of_group{
    "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT), COUNT(*) FROM entry "
    "WHERE group_id = :grp AND kind = 0 AND upload = 0",
    "i", "ii"};

std::optional<std::uint64_t> limit_of(std::int64_t stored) {
  if (stored < 0) return std::nullopt;
  return static_cast<std::uint64_t>(stored);
}

std::int64_t stored_limit(std::optional<std::uint64_t> limit) {
  if (!limit) return -1;
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(*limit, std::numeric_limits<std::int64_t>::max()));
}

Quota quota_of(const sql::Row& row) {
  return {{static_cast<QuotaKind>(row.integer(0)), row.integer(1)},
          limit_of(row.integer(2)),
          limit_of(row.integer(3)),
          static_cast<std::uint64_t>(row.integer(4)),
          static_cast<std::uint64_t>(row.integer(5))};
}

std::int64_t number_of(QuotaKind kind) { return static_cast<std::int64_t>(kind); }

Result<Quota> find(sql::Session& session, QuotaSubject subject) {
  Quota quota;
  SLUICE_TRY(const std::uint64_t rows,
             session.run(one, {number_of(subject.kind), subject.number},
                         [&](const sql::Row& row) { quota = quota_of(row); }));
  if (rows == 0) return fail(Errc::not_found, "no such quota");
  return quota;
}

Result<Usage> count(sql::Session& session, QuotaSubject subject) {
  if (subject.kind == QuotaKind::directory) return usage_below(session, {subject.number});
  const sql::Query& query = subject.kind == QuotaKind::user ? usage_of_user : usage_of_group;
  Usage usage;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(query, {subject.number},
                         [&](const sql::Row& row) { usage = {row.integer(0), row.integer(1)}; }));
  return usage;
}

Status count_into(sql::Session& session, QuotaSubject subject) {
  SLUICE_TRY(const Usage usage, count(session, subject));
  SLUICE_TRY(
      [[maybe_unused]] auto rows,
      session.run(set_usage, {usage.bytes, usage.files, number_of(subject.kind), subject.number}));
  return {};
}

Status check_subject(sql::Session& session, QuotaSubject subject) {
  if (subject.kind != QuotaKind::directory) return {};
  SLUICE_TRY(std::optional<Entry> entry, find_entry(session, {subject.number}));
  if (!entry) return fail(Errc::not_found, "no directory " + std::to_string(subject.number));
  if (!entry->is_directory()) return fail(Errc::not_file, "not a directory: " + entry->name);
  return {};
}

}  // namespace

Result<Quota> Quotas::set(QuotaSubject subject, std::optional<std::uint64_t> limit_bytes,
                          std::optional<std::uint64_t> limit_files) {
  return database_.write("set_quota", [&](sql::Session& session) -> Result<Quota> {
    SLUICE_TRY([[maybe_unused]] auto locked, session.run(lock_entries));
    SLUICE_CHECK(check_subject(session, subject));
    const bool is_new = !find(session, subject).has_value();
    SLUICE_TRY([[maybe_unused]] auto done,
               session.run(put, {number_of(subject.kind), subject.number, stored_limit(limit_bytes),
                                 stored_limit(limit_files)}));
    if (is_new) SLUICE_CHECK(count_into(session, subject));
    return find(session, subject);
  });
}

Status Quotas::remove(QuotaSubject subject) {
  return database_.write("remove_quota", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const std::uint64_t gone,
               session.run(erase, {number_of(subject.kind), subject.number}));
    if (gone == 0) return fail(Errc::not_found, "no such quota");
    return {};
  });
}

Result<Quota> Quotas::get(QuotaSubject subject) {
  return database_.read([&](sql::Session& session) { return find(session, subject); });
}

Result<std::vector<Quota>> Quotas::list() {
  return database_.read([&](sql::Session& session) -> Result<std::vector<Quota>> {
    std::vector<Quota> out;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(all, {}, [&](const sql::Row& row) { out.push_back(quota_of(row)); }));
    return out;
  });
}

Result<Quota> Quotas::recount(QuotaSubject subject) {
  return database_.write("recount_quota", [&](sql::Session& session) -> Result<Quota> {
    SLUICE_TRY([[maybe_unused]] auto locked, session.run(lock_entries));
    SLUICE_CHECK(count_into(session, subject));
    return find(session, subject);
  });
}

}  // namespace sluice::catalogue
