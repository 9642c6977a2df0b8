// SPDX-License-Identifier: Apache-2.0
#include "catalogue/replicas.h"

#include "catalogue/copies.h"
#include "catalogue/entry_row.h"
#include "catalogue/marks.h"

#include <algorithm>
#include <array>

namespace sluice::catalogue {
namespace {

constexpr std::size_t states = 6;
constexpr std::array<std::string_view, states> state_names{"created",  "online", "cached",
                                                           "precious", "broken", "deleting"};
// Rows are what it is, columns what it becomes, both in the order of the enum.
constexpr bool transitions[states][states] = {
    {false, true, true, true, true, true},      // created
    {false, true, true, true, true, true},      // online
    {false, true, true, true, true, true},      // cached
    {false, true, true, true, true, true},      // precious
    {false, true, true, true, true, true},      // broken: checked again, or repaired
    {false, false, false, false, false, true},  // deleting
};

#define SLUICE_REPLICA_COLUMNS "file, pool, state, size, changed, leaving"
constexpr std::string_view letters = "iiiiii";

constexpr sql::Query by_file{"SELECT " SLUICE_REPLICA_COLUMNS
                             " FROM replica WHERE file = :file ORDER BY pool",
                             "i", letters};
constexpr sql::Query by_pool{
    "SELECT " SLUICE_REPLICA_COLUMNS
    " FROM replica WHERE pool = :pool AND file > :after ORDER BY file LIMIT :count",
    "iii", letters};
constexpr sql::Query oldest_cached{
    "SELECT " SLUICE_REPLICA_COLUMNS
    " FROM replica WHERE pool = :pool AND state = 2 ORDER BY changed, file LIMIT :count",
    "ii", letters};
constexpr sql::Query readable_on_pool{
    "SELECT r.file, e.size, r.changed, e.checksums FROM replica r CROSS JOIN entry e "
    "WHERE r.pool = :pool AND r.file > :after AND r.state IN (1, 2, 3) AND e.id = r.file "
    "AND e.upload = 0 ORDER BY r.file LIMIT :count",
    "iii", "iiit"};
// The file cannot be removed until we commit, so its removal will see the new replica.
constexpr sql::Query hold_file{"SELECT size FROM entry WHERE id = :file {for_key_share}", "i", "i"};
constexpr sql::Query insert{
    "INSERT INTO replica (file, pool, state, size, changed) VALUES (:file, :pool, 0, :size, :now) "
    "ON CONFLICT (file, pool) DO NOTHING",
    "iiii", ""};
constexpr sql::Query hold_replica{"SELECT " SLUICE_REPLICA_COLUMNS
                                  " FROM replica WHERE file = :file AND pool = :pool {for_update}",
                                  "ii", letters};
constexpr sql::Query update{
    "UPDATE replica SET state = :state, size = :size, changed = :now, claimed = 0 "
    "WHERE file = :file AND pool = :pool",
    "iiiii", ""};
constexpr sql::Query staying_by_pool{
    "SELECT pool, COUNT(*), CAST(SUM(size) AS BIGINT) FROM replica "
    "WHERE state <> 5 AND leaving = 0 GROUP BY pool",
    "", "iii"};
constexpr sql::Query all_on_pool{
    "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM replica WHERE pool = :pool", "i",
    "ii"};
constexpr sql::Query all_leaving{
    "SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM replica "
    "WHERE leaving = 1 AND state <> 5",
    "", "ii"};
constexpr sql::Query let_leave{"UPDATE replica SET leaving = 1 WHERE file = :file AND pool = :pool",
                               "ii", ""};
constexpr sql::Query hold_file_for_change{"SELECT id FROM entry WHERE id = :file {for_update}", "i",
                                          "i"};
constexpr sql::Query other_readable{
    "SELECT 1 FROM replica WHERE file = :file AND pool <> :pool AND state IN (1, 2, 3) LIMIT 1",
    "ii", "i"};
constexpr sql::Query claim{
    "UPDATE replica SET claimed = :until WHERE pool = :pool AND file IN ("
    "SELECT file FROM replica WHERE pool = :same_pool AND state = 5 AND claimed <= :now "
    "ORDER BY claimed, file LIMIT :count {skip_locked}) RETURNING " SLUICE_REPLICA_COLUMNS,
    "iiiii", letters};
// Pools that finish the same file one after another: the last one must see that it is.
constexpr sql::Query hold_trash{"SELECT file FROM trash WHERE file = :file {for_update}", "i", "i"};
constexpr sql::Query erase{"DELETE FROM replica WHERE file = :file AND pool = :pool AND state = 5",
                           "ii", ""};
constexpr sql::Query empty_trash{
    "DELETE FROM trash WHERE file = :file AND NOT EXISTS (SELECT 1 FROM replica WHERE file = "
    ":same_file)",
    "ii", ""};

Replica replica_of(const sql::Row& row) {
  return {{row.integer(0)},
          {row.integer(1)},
          static_cast<ReplicaState>(row.integer(2)),
          static_cast<std::uint64_t>(row.integer(3)),
          row.integer(4),
          row.integer(5) != 0};
}

Result<std::vector<Replica>> all(sql::Session& session, const sql::Query& query,
                                 std::initializer_list<sql::Value> values) {
  std::vector<Replica> out;
  SLUICE_TRY([[maybe_unused]] auto rows, session.run(query, values, [&](const sql::Row& row) {
    out.push_back(replica_of(row));
  }));
  return out;
}

Amount amount_of(std::int64_t files, std::int64_t bytes) {
  return {static_cast<std::uint64_t>(files), static_cast<std::uint64_t>(bytes)};
}

Result<Amount> amount(sql::Session& session, const sql::Query& query,
                      std::initializer_list<sql::Value> values) {
  Amount out;
  SLUICE_CHECK(session.run(query, values, [&](const sql::Row& row) {
    out = amount_of(row.integer(0), row.integer(1));
  }));
  return out;
}

Result<Replica> hold(sql::Session& session, FileId file, PoolId pool) {
  SLUICE_TRY(std::vector<Replica> found, all(session, hold_replica, {file.number, pool.number}));
  if (found.empty()) {
    return fail(Errc::not_found, "file " + std::to_string(file.number) +
                                     " has no replica on pool " + std::to_string(pool.number));
  }
  return found.front();
}

Status change(sql::Session& session, const Replica& replica, ReplicaState state, std::uint64_t size,
              std::int64_t now) {
  if (!may_become(replica.state, state)) {
    return fail(Errc::conflict, "a replica that is " + std::string(to_text(replica.state)) +
                                    " cannot become " + std::string(to_text(state)));
  }
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(update, {static_cast<std::int64_t>(state), static_cast<std::int64_t>(size),
                                  now, replica.file.number, replica.pool.number}));
  session.mark(mark_of(replica.file));
  return {};
}

struct Held {
  Replica replica;
  bool is_last = false;  // that somebody can read
};

// Two replicas that are retired at once must not each count on the other.
Result<Held> hold_with_file(sql::Session& session, FileId file, PoolId pool) {
  SLUICE_TRY(const std::uint64_t files, session.run(hold_file_for_change, {file.number}));
  SLUICE_TRY(const Replica replica, hold(session, file, pool));
  const bool counts = files > 0 && replica.state != ReplicaState::created &&
                      replica.state != ReplicaState::deleting;
  if (!counts) return Held{replica};
  SLUICE_TRY(const std::uint64_t others, session.run(other_readable, {file.number, pool.number}));
  return Held{replica, others == 0};
}

Status the_last() { return fail(Errc::conflict, "the last readable replica of the file"); }

}  // namespace

std::string_view to_text(ReplicaState state) {
  return state_names.at(static_cast<std::size_t>(state));
}

bool is_readable(ReplicaState state) {
  return state == ReplicaState::online || state == ReplicaState::cached ||
         state == ReplicaState::precious;
}

bool may_become(ReplicaState from, ReplicaState to) {
  return transitions[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

Result<std::vector<Replica>> Replicas::of_file(FileId file) {
  return database_.read(
      [&](sql::Session& session) { return all(session, by_file, {file.number}); });
}

Result<std::vector<Replica>> Replicas::of_pool(PoolId pool, FileId after, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read([&](sql::Session& session) {
    return all(session, by_pool, {pool.number, after.number, count});
  });
}

Result<std::vector<ExpectedReplica>> Replicas::expected_on(PoolId pool, FileId after,
                                                           std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read([&](sql::Session& session) -> Result<std::vector<ExpectedReplica>> {
    std::vector<ExpectedReplica> out;
    SLUICE_CHECK(
        session.run(readable_on_pool, {pool.number, after.number, count}, [&](const sql::Row& row) {
          out.push_back({{row.integer(0)},
                         static_cast<std::uint64_t>(row.integer(1)),
                         row.integer(2),
                         checksums_of(row.text(3))});
        }));
    return out;
  });
}

Status Replicas::add(FileId file, PoolId pool) {
  const std::int64_t now = clock_();
  return database_.write("add_replica", [&](sql::Session& session) -> Status {
    std::int64_t size = 0;
    SLUICE_TRY(
        const std::uint64_t files,
        session.run(hold_file, {file.number}, [&](const sql::Row& row) { size = row.integer(0); }));
    if (files == 0) return fail(Errc::not_found, "no file " + std::to_string(file.number));
    auto made = session.run(insert, {file.number, pool.number, size, now});
    if (!made && made.error().code == Errc::conflict) {
      return fail(Errc::not_found, "no pool " + std::to_string(pool.number));
    }
    if (!made) return tl::unexpected<Error>(std::move(made).error());
    if (*made == 0) return fail(Errc::exists, "the pool has a replica of the file");
    session.mark(mark_of(file));
    return {};
  });
}

Status Replicas::set_state(FileId file, PoolId pool, ReplicaState state) {
  const std::int64_t now = clock_();
  return database_.write("set_replica_state", [&](sql::Session& session) -> Status {
    if (state == ReplicaState::deleting) {
      return fail(Errc::invalid_argument, "a replica is given up by retire()");
    }
    SLUICE_TRY(const Replica replica, hold(session, file, pool));
    SLUICE_CHECK(change(session, replica, state, replica.size, now));
    // One that counts no more may have been one too few: two doors can give up different ones.
    const bool counts = state == ReplicaState::online || state == ReplicaState::precious;
    return counts ? Status() : note_check(session, file, now);
  });
}

Status Replicas::arrived(FileId file, PoolId pool, std::uint64_t size, ReplicaState state) {
  const std::int64_t now = clock_();
  return database_.write("replica_arrived", [&](sql::Session& session) -> Status {
    if (!is_readable(state)) return fail(Errc::invalid_argument, "what arrived can be read");
    SLUICE_TRY(const Replica replica, hold(session, file, pool));
    SLUICE_CHECK(change(session, replica, state, size, now));
    return note_check(session, file, now);
  });
}

Status Replicas::retire(FileId file, PoolId pool, Last last) {
  const std::int64_t now = clock_();
  return database_.write("retire_replica", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const Held held, hold_with_file(session, file, pool));
    if (last == Last::stays && held.is_last) return the_last();
    return change(session, held.replica, ReplicaState::deleting, held.replica.size, now);
  });
}

Status Replicas::leave(FileId file, PoolId pool) {
  const std::int64_t now = clock_();
  return database_.write("replica_leaves", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const Replica replica, hold(session, file, pool));
    if (!is_readable(replica.state))
      return fail(Errc::conflict, "a replica that nobody may read is no copy to move");
    SLUICE_CHECK(session.run(let_leave, {file.number, pool.number}));
    return note_check(session, file, now);
  });
}

Result<std::map<PoolId, Amount>> Replicas::staying() {
  return database_.read([&](sql::Session& session) -> Result<std::map<PoolId, Amount>> {
    std::map<PoolId, Amount> out;
    SLUICE_CHECK(session.run(staying_by_pool, {}, [&](const sql::Row& row) {
      out.emplace(PoolId{row.integer(0)}, amount_of(row.integer(1), row.integer(2)));
    }));
    return out;
  });
}

Result<Amount> Replicas::leaving() {
  return database_.read([](sql::Session& session) { return amount(session, all_leaving, {}); });
}

Result<Amount> Replicas::on_pool(PoolId pool) {
  return database_.read(
      [&](sql::Session& session) { return amount(session, all_on_pool, {pool.number}); });
}

Result<std::vector<Replica>> Replicas::cached_on(PoolId pool, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read(
      [&](sql::Session& session) { return all(session, oldest_cached, {pool.number, count}); });
}

Status Replicas::evict(FileId file, PoolId pool) {
  const std::int64_t now = clock_();
  return database_.write("evict_replica", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const Held held, hold_with_file(session, file, pool));
    if (held.is_last) return the_last();
    if (held.replica.state != ReplicaState::cached)
      return fail(Errc::conflict, "the replica is not a cached one any more");
    SLUICE_CHECK(change(session, held.replica, ReplicaState::deleting, held.replica.size, now));
    return note_check(session, file, now);
  });
}

Result<std::vector<Replica>> Replicas::claim_deletions(PoolId pool, std::size_t limit,
                                                       Duration lease) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  const std::int64_t now = clock_();
  const std::int64_t until = now + std::chrono::nanoseconds(lease).count();
  return database_.write("claim_deletions", [&](sql::Session& session) {
    return all(session, claim, {until, pool.number, pool.number, now, count});
  });
}

Status Replicas::forget(FileId file, PoolId pool) {
  return database_.write("forget_replica", [&](sql::Session& session) -> Status {
    SLUICE_TRY([[maybe_unused]] auto held, session.run(hold_trash, {file.number}));
    SLUICE_TRY([[maybe_unused]] auto erased, session.run(erase, {file.number, pool.number}));
    session.mark(mark_of(file));
    SLUICE_TRY([[maybe_unused]] auto emptied, session.run(empty_trash, {file.number, file.number}));
    return {};
  });
}

}  // namespace sluice::catalogue
