// SPDX-License-Identifier: Apache-2.0
#include "catalogue/uploads.h"

#include "catalogue/acl.h"
#include "catalogue/charge.h"
#include "catalogue/copies.h"
#include "catalogue/discard.h"
#include "catalogue/entry_row.h"
#include "catalogue/make_entry.h"
#include "catalogue/marks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <ranges>

namespace sluice::catalogue {
namespace {

constexpr sql::Query renew_lease{"UPDATE entry SET expires = :until WHERE id = :id AND upload = 1",
                                 "ii", ""};
constexpr sql::Query renew_leases{
    "UPDATE entry SET expires = :until WHERE upload = 1 AND id IN {numbers}", "it", ""};
constexpr sql::Query hold_upload{
    "SELECT " SLUICE_ENTRY_COLUMNS
    ", replaces, (SELECT COUNT(*) FROM replica r WHERE r.file = entry.id AND r.state = 0 AND "
    "r.pool <> :pool), (SELECT p.acl FROM entry p WHERE p.id = entry.parent) "
    "FROM entry WHERE id = :id AND upload = 1 {for_update}",
    "ii", SLUICE_ENTRY_LETTERS "iit"};
constexpr sql::Query place{
    "INSERT INTO replica (file, pool, state, size, changed) VALUES (:file, :pool, 0, :size, :now)",
    "iiii", ""};
constexpr sql::Query give_up_places{
    "UPDATE replica SET state = 5, changed = :now, claimed = 0 "
    "WHERE file = :file AND pool <> :pool AND state = 0",
    "iii", ""};
constexpr sql::Query delete_replaced{
    "DELETE FROM entry WHERE parent = :parent AND upload = 0 AND name = :name AND kind = 0 "
    "RETURNING " SLUICE_ENTRY_COLUMNS,
    "it", SLUICE_ENTRY_LETTERS};
constexpr sql::Query put_replica{
    "INSERT INTO replica (file, pool, state, size, changed) VALUES (:file, :pool, :state, :size, "
    ":now) "
    "ON CONFLICT (file, pool) DO UPDATE SET state = excluded.state, size = excluded.size, "
    "changed = excluded.changed WHERE replica.state <> 5",
    "iiiii", ""};
constexpr sql::Query show{
    "UPDATE entry SET upload = 0, size = :size, checksums = :checksums, modified = :modified, "
    "changed = :changed, acl = CAST(:acl AS TEXT), replaces = 0, expires = 0 WHERE id = :id AND "
    "upload = 1 "
    "RETURNING " SLUICE_ENTRY_COLUMNS,
    "itiiti", SLUICE_ENTRY_LETTERS};
constexpr sql::Query delete_upload{
    "DELETE FROM entry WHERE id = :id AND upload = 1 RETURNING " SLUICE_ENTRY_COLUMNS, "i",
    SLUICE_ENTRY_LETTERS};
constexpr sql::Query by_name{"SELECT " SLUICE_ENTRY_COLUMNS
                             " FROM entry WHERE parent = :parent AND upload = 1 AND name = :name",
                             "it", SLUICE_ENTRY_LETTERS};
constexpr sql::Query abandoned{
    "SELECT " SLUICE_ENTRY_COLUMNS
    " FROM entry WHERE upload = 1 AND expires <= :now ORDER BY expires LIMIT :count",
    "ii", SLUICE_ENTRY_LETTERS};

constexpr sql::Query on_pool{
    "SELECT " SLUICE_ENTRY_COLUMNS
    " FROM (SELECT e.* FROM replica r CROSS JOIN entry e "
    "WHERE r.pool = :pool AND r.file > :after AND r.state = 0 AND e.id = r.file AND e.upload = 1 "
    "ORDER BY r.file LIMIT :count) AS u ORDER BY id",
    "iii", SLUICE_ENTRY_LETTERS};

tl::unexpected<Error> no_upload(FileId id) {
  return fail(Errc::not_found, "no upload of id " + std::to_string(id.number));
}

Status check_arrival(const Arrival& arrival) {
  if (arrival.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(Errc::invalid_argument, "a size of more than 2^63 bytes");
  }
  if (!is_readable(arrival.state)) return fail(Errc::invalid_argument, "what arrived can be read");
  return check_checksums(arrival.checksums);
}

// May a file of that name come into being?
Status check_name_is_free(sql::Session& session, FileId parent, std::string_view name,
                          const NewUpload& wanted) {
  SLUICE_TRY(std::optional<Entry> there, find_child(session, parent, name));
  Usage usage{static_cast<std::int64_t>(wanted.expected_size), 1};
  if (there) {
    if (there->is_directory()) return fail(Errc::is_directory, std::string(name));
    if (!wanted.replaces || there->is_link()) return fail(Errc::exists, std::string(name));
    usage = {std::max<std::int64_t>(0, usage.bytes - static_cast<std::int64_t>(there->size)), 0};
  }
  return check_room(session, parent, wanted.entry.owner, wanted.entry.group, usage);
}

// The file that an upload replaces goes the way of removed files. Its ACL stays with the name, if it has one.
Status remove_replaced(sql::Session& session, const Entry& upload, std::int64_t now,
                       SharedAcl& acl) {
  SLUICE_TRY(
      std::optional<Entry> old,
      one_entry(session, delete_replaced, {upload.parent.number, std::string_view(upload.name)}));
  if (!old) return {};
  if (old->acl) acl = old->acl;
  SLUICE_CHECK(discard_replicas(session, *old, now));
  return charge(session, old->parent, old->owner, old->group,
                -Usage{static_cast<std::int64_t>(old->size), 1});
}

// The caller may not have heard of its first success.
Result<Entry> committed_before(sql::Session& session, FileId file, const Arrival& arrival) {
  SLUICE_TRY(std::optional<Entry> entry, find_entry(session, file));
  if (!entry || !entry->is_file() || entry->size != arrival.size) return no_upload(file);
  return std::move(*entry);
}

tl::unexpected<Error> with_pool(Error error, PoolId pool) {
  if (error.code != Errc::conflict) return tl::unexpected<Error>(std::move(error));
  return fail(Errc::not_found, "no pool " + std::to_string(pool.number));
}

Status place_on(sql::Session& session, FileId file, PoolId pool, std::uint64_t size,
                std::int64_t now) {
  auto done = session.run(place, {file.number, pool.number, static_cast<std::int64_t>(size), now});
  if (!done) return with_pool(std::move(done).error(), pool);
  return {};
}

Status put(sql::Session& session, FileId file, const Arrival& arrival, std::int64_t now) {
  auto done = session.run(
      put_replica, {file.number, arrival.pool.number, static_cast<std::int64_t>(arrival.state),
                    static_cast<std::int64_t>(arrival.size), now});
  if (!done) return with_pool(std::move(done).error(), arrival.pool);
  if (*done == 0) return fail(Errc::conflict, "the pool was told to delete what arrived");
  return {};
}

// An upload as its commit finds it.
struct Held {
  Entry entry;
  bool replaces = false;
  bool has_other_places = false;  // pools that it was meant for
  SharedAcl acl;                  // that the file will have
};

Result<std::optional<Held>> hold(sql::Session& session, FileId file, PoolId pool) {
  std::optional<Held> held;
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(hold_upload, {pool.number, file.number}, [&](const sql::Row& row) {
               held = {entry_of(row),
                       row.integer(entry_columns) != 0,
                       row.integer(entry_columns + 1) != 0,
                       {}};
               if (auto above = stored_acl(row.text(entry_columns + 2)))
                 held->acl = above->inherited(EntryKind::file);
             }));
  return held;
}

Result<Entry> appear(sql::Session& session, const Entry& upload, const Arrival& arrival,
                     const SharedAcl& acl, std::int64_t now) {
  const std::string checksums = checksums_text(arrival.checksums);
  auto shown = one_entry(session, show,
                         {static_cast<std::int64_t>(arrival.size), std::string_view(checksums), now,
                          now, acl_value(acl), upload.id.number});
  if (!shown) {
    if (shown.error().code == Errc::exists) return fail(Errc::exists, upload.name);
    return tl::unexpected<Error>(std::move(shown).error());
  }
  if (!*shown) return no_upload(upload.id);
  return std::move(**shown);
}

Result<std::vector<Entry>> all(sql::Session& session, const sql::Query& query,
                               std::initializer_list<sql::Value> values) {
  std::vector<Entry> out;
  SLUICE_TRY([[maybe_unused]] auto rows, session.run(query, values, [&](const sql::Row& row) {
    out.push_back(entry_of(row));
  }));
  return out;
}

}  // namespace

Result<Entry> Uploads::begin(FileId parent, std::string_view name, const NewUpload& wanted) {
  SLUICE_CHECK(check_name(name));
  if (wanted.expected_size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(Errc::invalid_argument, "a size of more than 2^63 bytes");
  }
  const std::int64_t now = clock_();
  const std::int64_t until = now + std::chrono::nanoseconds(wanted.lifetime).count();
  return database_.write("begin_upload", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_CHECK(check_name_is_free(session, parent, name, wanted));
    const EntryShape shape{.kind = EntryKind::file,
                           .is_upload = true,
                           .replaces = wanted.replaces,
                           .expires_ns = until};
    SLUICE_TRY(Entry made, make_entry(session, parent, name, wanted.entry, shape, now));
    // From here to the commit nobody keeps what is there now: who uploaded sees its file at once, at whatever door.
    session.mark(mark_of(parent, name));
    if (wanted.pool) {
      SLUICE_CHECK(place_on(session, made.id, *wanted.pool, wanted.expected_size, now));
    }
    return made;
  });
}

Status Uploads::renew(FileId file, Duration lifetime) {
  const std::int64_t until = clock_() + std::chrono::nanoseconds(lifetime).count();
  return database_.write("renew_upload", [&](sql::Session& session) -> Status {
    SLUICE_TRY(const std::uint64_t renewed, session.run(renew_lease, {until, file.number}));
    if (renewed == 0) return no_upload(file);
    return {};
  });
}

Status Uploads::renew(std::span<const FileId> files, Duration lifetime) {
  if (files.empty()) return {};
  const std::int64_t until = clock_() + std::chrono::nanoseconds(lifetime).count();
  const std::string numbers = fmt::format(
      "{}", fmt::join(files | std::views::transform([](FileId file) { return file.number; }), ","));
  return database_.write("renew_uploads", [&](sql::Session& session) -> Status {
    SLUICE_TRY([[maybe_unused]] auto renewed,
               session.run(renew_leases, {until, std::string_view(numbers)}));
    return {};
  });
}

Result<Entry> Uploads::commit(FileId file, const Arrival& arrival) {
  SLUICE_CHECK(check_arrival(arrival));
  const std::int64_t now = clock_();
  const auto size = static_cast<std::int64_t>(arrival.size);
  return database_.write("commit_upload", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(std::optional<Held> upload, hold(session, file, arrival.pool));
    if (!upload) return committed_before(session, file, arrival);
    const Entry& entry = upload->entry;
    if (upload->replaces) SLUICE_CHECK(remove_replaced(session, entry, now, upload->acl));
    SLUICE_CHECK(put(session, file, arrival, now));
    if (upload->has_other_places) {
      SLUICE_TRY([[maybe_unused]] auto given_up,
                 session.run(give_up_places, {now, file.number, arrival.pool.number}));
    }
    SLUICE_TRY(Entry shown, appear(session, entry, arrival, upload->acl, now));
    session.mark(mark_of(shown.parent, shown.name));
    SLUICE_CHECK(charge(session, entry.parent, entry.owner, entry.group, {size, 1}));
    SLUICE_CHECK(touch_directory(session, entry.parent, now));
    SLUICE_CHECK(note_new_file(session, shown, now));
    return shown;
  });
}

Status Uploads::abort(FileId file) {
  const std::int64_t now = clock_();
  return database_.write("abort_upload", [&](sql::Session& session) -> Status {
    SLUICE_TRY(std::optional<Entry> gone, one_entry(session, delete_upload, {file.number}));
    if (!gone) return no_upload(file);
    return discard_replicas(session, *gone, now);
  });
}

Result<std::optional<Entry>> Uploads::find(FileId parent, std::string_view name) {
  SLUICE_CHECK(check_name(name));
  return database_.read(
      [&](sql::Session& session) { return one_entry(session, by_name, {parent.number, name}); });
}

Result<std::vector<Entry>> Uploads::expired(std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  const std::int64_t now = clock_();
  return database_.read(
      [&](sql::Session& session) { return all(session, abandoned, {now, count}); });
}

Result<std::vector<Entry>> Uploads::unfinished_on(PoolId pool, FileId after, std::size_t limit) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  return database_.read([&](sql::Session& session) {
    return all(session, on_pool, {pool.number, after.number, count});
  });
}

}  // namespace sluice::catalogue
