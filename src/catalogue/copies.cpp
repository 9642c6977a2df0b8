// SPDX-License-Identifier: Apache-2.0
#include "catalogue/copies.h"

#include <algorithm>

namespace sluice::catalogue {
namespace {

constexpr sql::Query put_rule{
    "INSERT INTO storage_class (name, copies) VALUES (:name, :copies) "
    "ON CONFLICT (name) DO UPDATE SET copies = excluded.copies",
    "ti", ""};
constexpr sql::Query all_rules{"SELECT name, copies FROM storage_class ORDER BY name", "", "ti"};
constexpr sql::Query note{
    "INSERT INTO copy_check (file, due) VALUES (:file, :due) "
    "ON CONFLICT (file) DO UPDATE SET due = excluded.due",
    "ii", ""};
constexpr sql::Query note_by_class{
    "INSERT INTO copy_check (file, due) SELECT :file, :due FROM storage_class "
    "WHERE name = :name AND copies > 1 ON CONFLICT (file) DO UPDATE SET due = excluded.due",
    "iit", ""};
constexpr sql::Query note_all_of_pool{
    "INSERT INTO copy_check (file, due) SELECT file, :due FROM replica "
    "WHERE pool = :pool AND state <> 5 ON CONFLICT (file) DO UPDATE SET due = excluded.due",
    "ii", ""};
constexpr sql::Query note_rest{
    "INSERT INTO copy_check (file, due) SELECT r.file, :due FROM replica r "
    "WHERE r.pool = :pool AND r.state IN (1, 2, 3, 4) "
    "AND NOT EXISTS (SELECT 1 FROM copy_check c WHERE c.file = r.file) "
    "ORDER BY r.file LIMIT :count ON CONFLICT (file) DO NOTHING",
    "iii", ""};
constexpr sql::Query note_class{
    "INSERT INTO copy_check (file, due) SELECT id, :due FROM entry "
    "WHERE kind = 0 AND upload = 0 AND storage_class = :name "
    "ON CONFLICT (file) DO UPDATE SET due = excluded.due",
    "it", ""};
constexpr sql::Query claim_due{
    "UPDATE copy_check SET due = :until WHERE file IN ("
    "SELECT file FROM copy_check WHERE due <= :now ORDER BY due, file LIMIT :count {skip_locked}) "
    "RETURNING file",
    "iii", "i"};
// Both leave a file alone that was noted since it was claimed.
constexpr sql::Query set_due{"UPDATE copy_check SET due = :due WHERE file = :file AND due = :until",
                             "iii", ""};
constexpr sql::Query erase{"DELETE FROM copy_check WHERE file = :file AND due = :until", "ii", ""};
constexpr sql::Query count_all{"SELECT COUNT(*) FROM copy_check", "", "i"};
constexpr sql::Query wanted_here{
    "SELECT r.file, r.size, r.changed FROM replica r JOIN entry e ON e.id = r.file "
    "WHERE r.pool = :pool AND r.state = 0 AND e.upload = 0 ORDER BY r.file LIMIT :count",
    "ii", "iii"};

}  // namespace

Status note_check(sql::Session& session, FileId file, std::int64_t now) {
  SLUICE_CHECK(session.run(note, {file.number, now}));
  return {};
}

Status note_new_file(sql::Session& session, const Entry& file, std::int64_t now) {
  SLUICE_CHECK(
      session.run(note_by_class, {file.id.number, now, std::string_view(file.storage_class)}));
  return {};
}

Status note_pool(sql::Session& session, PoolId pool, std::int64_t now) {
  SLUICE_CHECK(session.run(note_all_of_pool, {now, pool.number}));
  return {};
}

Status Copies::set(std::string_view storage_class, std::uint32_t copies) {
  if (copies < 1 || copies > max_copies) {
    return fail(Errc::invalid_argument,
                std::to_string(copies) + " copies: 1 to " + std::to_string(max_copies));
  }
  if (!is_plain_text(storage_class) || storage_class.size() > max_name)
    return fail(Errc::invalid_argument, "the name of the storage class");
  return database_.write("set_copies", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(session.run(put_rule, {storage_class, std::int64_t{copies}}));
    return {};
  });
}

Result<CopyRules> Copies::rules() {
  return database_.read([&](sql::Session& session) -> Result<CopyRules> {
    CopyRules rules;
    SLUICE_CHECK(session.run(all_rules, {}, [&](const sql::Row& row) {
      rules.emplace(row.text(0), static_cast<std::uint32_t>(row.integer(1)));
    }));
    return rules;
  });
}

Status Copies::check(FileId file) {
  const std::int64_t now = clock_();
  return database_.write("check_copies",
                         [&](sql::Session& session) { return note_check(session, file, now); });
}

Status Copies::check_pool(PoolId pool) {
  const std::int64_t now = clock_();
  return database_.write("check_copies_of_pool", [&](sql::Session& session) -> Status {
    return note_pool(session, pool, now);
  });
}

Status Copies::check_class(std::string_view storage_class) {
  const std::int64_t now = clock_();
  return database_.write("check_copies_of_class", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(session.run(note_class, {now, storage_class}));
    return {};
  });
}

Status Copies::check_rest_of_pool(PoolId pool, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  const std::int64_t now = clock_();
  return database_.write("check_rest_of_pool", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(session.run(note_rest, {now, pool.number, count}));
    return {};
  });
}

Result<std::vector<CopyCheck>> Copies::claim(std::size_t limit, Duration lease) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  const std::int64_t now = clock_();
  const std::int64_t until = now + std::chrono::nanoseconds(lease).count();
  return database_.write(
      "claim_checks", [&](sql::Session& session) -> Result<std::vector<CopyCheck>> {
        std::vector<CopyCheck> due;
        SLUICE_CHECK(session.run(claim_due, {until, now, count}, [&](const sql::Row& row) {
          due.push_back({{row.integer(0)}, until});
        }));
        return due;
      });
}

Status Copies::done(const CopyCheck& check) {
  return database_.write("copies_checked", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(session.run(erase, {check.file.number, check.until_ns}));
    return {};
  });
}

Status Copies::put_off(const CopyCheck& check, Duration time) {
  const std::int64_t due = clock_() + std::chrono::nanoseconds(time).count();
  return database_.write("put_copy_check_off", [&](sql::Session& session) -> Status {
    SLUICE_CHECK(session.run(set_due, {due, check.file.number, check.until_ns}));
    return {};
  });
}

Result<std::uint64_t> Copies::waiting() {
  return database_.read([&](sql::Session& session) -> Result<std::uint64_t> {
    std::uint64_t count = 0;
    SLUICE_CHECK(session.run(count_all, {}, [&](const sql::Row& row) {
      count = static_cast<std::uint64_t>(row.integer(0));
    }));
    return count;
  });
}

Result<std::vector<Replica>> Copies::to_fetch(PoolId pool, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read([&](sql::Session& session) -> Result<std::vector<Replica>> {
    std::vector<Replica> out;
    SLUICE_CHECK(session.run(wanted_here, {pool.number, count}, [&](const sql::Row& row) {
      out.push_back({{row.integer(0)},
                     pool,
                     ReplicaState::created,
                     static_cast<std::uint64_t>(row.integer(1)),
                     row.integer(2),
                     false});
    }));
    return out;
  });
}

}  // namespace sluice::catalogue
