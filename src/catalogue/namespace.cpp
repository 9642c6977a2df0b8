// SPDX-License-Identifier: Apache-2.0
// What reads the tree, and small changes of one entry.
#include "catalogue/namespace.h"

#include "catalogue/charge.h"
#include "catalogue/entry_row.h"
#include "catalogue/marks.h"

#include <algorithm>

namespace sluice::catalogue {
namespace {

// The next page starts right behind the last name in the index: a page costs the same wherever it is.
constexpr sql::Query page{"SELECT " SLUICE_ENTRY_COLUMNS
                          " FROM entry WHERE parent = :parent AND upload = 0 AND name > :after "
                          "ORDER BY name LIMIT :count",
                          "iti", SLUICE_ENTRY_LETTERS};
// No path has more than 2048 names; the bound ends the walk also where a repair by hand made a circle.
constexpr sql::Query names_above{
    "WITH RECURSIVE up (depth, parent, name) AS ("
    "SELECT 0, parent, name FROM entry WHERE id = :id "
    "UNION ALL SELECT up.depth + 1, e.parent, e.name FROM entry e JOIN up ON e.id = up.parent "
    "WHERE up.depth < 2048) SELECT name FROM up ORDER BY depth DESC",
    "i", "t"};
constexpr sql::Query alter{
    "UPDATE entry SET mode = COALESCE(CAST(:mode AS INTEGER), mode), "
    "owner_id = COALESCE(CAST(:owner AS BIGINT), owner_id), "
    "group_id = COALESCE(CAST(:grp AS BIGINT), group_id), "
    "modified = COALESCE(CAST(:modified AS BIGINT), modified), "
    "accessed = COALESCE(CAST(:accessed AS BIGINT), accessed), "
    "storage_class = COALESCE(CAST(:class AS TEXT), storage_class), changed = :now "
    "WHERE id = :id AND upload = 0 RETURNING " SLUICE_ENTRY_COLUMNS,
    "iiiiitii", SLUICE_ENTRY_LETTERS};
constexpr sql::Query hold{"SELECT " SLUICE_ENTRY_COLUMNS
                          " FROM entry WHERE id = :id AND upload = 0 {for_update}",
                          "i", SLUICE_ENTRY_LETTERS};
constexpr sql::Query set_checksums{
    "UPDATE entry SET checksums = :checksums, changed = :now WHERE id = :id", "tii", ""};

tl::unexpected<Error> no_entry(FileId id) {
  return fail(Errc::not_found, "no entry of id " + std::to_string(id.number));
}

template <class T>
sql::Value number_or_null(const std::optional<T>& value) {
  if (!value) return {};
  return static_cast<std::int64_t>(*value);
}

// A chown of a file moves its usage.
Status move_principal(sql::Session& session, const Entry& before, const Entry& after) {
  if (!before.is_file()) return {};
  const Usage usage{static_cast<std::int64_t>(before.size), 1};
  SLUICE_CHECK(charge_principal(session, before.owner, before.group, -usage));
  return charge_principal(session, after.owner, after.group, usage);
}

Result<Entry> held_file(sql::Session& session, FileId id) {
  SLUICE_TRY(std::optional<Entry> entry, one_entry(session, hold, {id.number}));
  if (!entry) return no_entry(id);
  if (!entry->is_file()) return fail(Errc::not_file, entry->name);
  return std::move(*entry);
}

Result<Entry> with_its_checksums(sql::Session& session, Entry file, std::int64_t now) {
  const std::string text = checksums_text(file.checksums);
  SLUICE_CHECK(session.run(set_checksums, {std::string_view(text), now, file.id.number}));
  session.mark(mark_of(file.id));
  file.changed_ns = now;
  return file;
}

}  // namespace

Result<Walk> Namespace::walk(std::string_view path, LastLink last) {
  SLUICE_TRY(const std::vector<std::string> names, names_of_path(path));
  return database_.read(
      [&](sql::Session& session) { return catalogue::walk(session, names, last); });
}

Result<Located> Namespace::locate(std::string_view path, LastLink last) {
  SLUICE_TRY(const std::vector<std::string> names, names_of_path(path));
  const auto moment = cache_ != nullptr ? cache_->moment() : LookupCache::Moment();
  SLUICE_TRY(Located found, database_.read([&](sql::Session& session) {
    return catalogue::locate(session, names, last);
  }));
  if (cache_ != nullptr) cache_->keep(names, found, moment);
  return found;
}

std::optional<Located> Namespace::recall(std::string_view path) {
  if (cache_ == nullptr) return {};
  auto names = names_of_path(path);
  if (!names) return {};
  return cache_->recall(*names);
}

Result<Entry> Namespace::lookup(std::string_view path, LastLink last) {
  SLUICE_TRY(Walk found, walk(path, last));
  if (!found.entry) return fail(Errc::not_found, std::string(path));
  return std::move(*found.entry);
}

Result<Entry> Namespace::stat(FileId id) {
  SLUICE_TRY(std::optional<Entry> entry,
             database_.read([&](sql::Session& session) { return find_entry(session, id); }));
  if (!entry) return no_entry(id);
  return std::move(*entry);
}

Result<Page> Namespace::list(FileId directory, std::string_view after, std::size_t limit) {
  if (!after.empty()) SLUICE_CHECK(check_name(after));
  limit = std::clamp<std::size_t>(limit, 1, max_page);
  // One more than asked for tells whether there is more.
  const auto count = static_cast<std::int64_t>(limit + 1);
  return database_.read([&](sql::Session& session) -> Result<Page> {
    Page out;
    SLUICE_TRY([[maybe_unused]] auto rows,
               session.run(page, {directory.number, after, count},
                           [&](const sql::Row& row) { out.entries.push_back(entry_of(row)); }));
    if (out.entries.size() > limit) {
      out.entries.pop_back();
      out.is_last = false;
    }
    if (!out.entries.empty() || !after.empty()) return out;
    // Empty, or no directory at all.
    SLUICE_TRY(std::optional<Entry> entry, find_entry(session, directory));
    if (!entry) return no_entry(directory);
    if (!entry->is_directory()) return fail(Errc::not_file, "not a directory: " + entry->name);
    return out;
  });
}

Result<std::string> Namespace::path_of(FileId id) {
  return database_.read([&](sql::Session& session) -> Result<std::string> {
    std::string path;
    SLUICE_TRY(const std::uint64_t depth,
               session.run(names_above, {id.number}, [&](const sql::Row& row) {
                 if (!row.text(0).empty()) path.append("/").append(row.text(0));
               }));
    if (depth == 0) return no_entry(id);
    return path.empty() ? "/" : path;
  });
}

Result<Entry> Namespace::change(FileId id, const Change& change) {
  if (change.storage_class && !is_plain_text(*change.storage_class)) {
    return fail(Errc::invalid_argument, "a storage class is UTF-8 text");
  }
  const std::int64_t now = clock_();
  return database_.write("change", [&](sql::Session& session) -> Result<Entry> {
    // Held before, because the usage leaves the old owner; charged after, so that a new quota either waits for us and counts
    // what we did, or is there for us to see.
    std::optional<Entry> before;
    if (change.owner || change.group) {
      SLUICE_TRY(before, one_entry(session, hold, {id.number}));
    }
    sql::Value mode;
    if (change.mode) mode = std::int64_t{*change.mode & 07777U};
    sql::Value storage_class;
    if (change.storage_class) storage_class = std::string_view(*change.storage_class);
    SLUICE_TRY(std::optional<Entry> changed,
               one_entry(session, alter,
                         {mode, number_or_null(change.owner), number_or_null(change.group),
                          number_or_null(change.modified_ns), number_or_null(change.accessed_ns),
                          storage_class, now, id.number}));
    if (!changed) return no_entry(id);
    session.mark(mark_of(id));
    if (before) SLUICE_CHECK(move_principal(session, *before, *changed));
    return std::move(*changed);
  });
}

Result<Entry> Namespace::add_checksums(FileId id, const Checksums& checksums) {
  SLUICE_CHECK(check_checksums(checksums));
  const std::int64_t now = clock_();
  return database_.write("add_checksums", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(Entry entry, held_file(session, id));
    for (const auto& [type, value] : checksums) entry.checksums[type] = value;
    return with_its_checksums(session, std::move(entry), now);
  });
}

Result<Entry> Namespace::complete_checksums(FileId id, std::uint64_t size,
                                            const Checksums& checksums) {
  SLUICE_CHECK(check_checksums(checksums));
  const std::int64_t now = clock_();
  return database_.write("complete_checksums", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(Entry entry, held_file(session, id));
    if (entry.size != size) return fail(Errc::conflict, entry.name + " has another size");
    const std::size_t known = entry.checksums.size();
    entry.checksums.insert(checksums.begin(), checksums.end());
    if (entry.checksums.size() == known) return entry;
    return with_its_checksums(session, std::move(entry), now);
  });
}

}  // namespace sluice::catalogue
