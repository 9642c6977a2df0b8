// SPDX-License-Identifier: Apache-2.0
// Changes of the tree: names that come, go and move. Each function is one transaction.
#include "catalogue/charge.h"
#include "catalogue/discard.h"
#include "catalogue/entry_row.h"
#include "catalogue/make_entry.h"
#include "catalogue/marks.h"
#include "catalogue/namespace.h"

namespace sluice::catalogue {
namespace {

constexpr sql::Query delete_leaf{
    "DELETE FROM entry WHERE parent = :parent AND upload = 0 AND name = :name AND kind <> 1 "
    "RETURNING " SLUICE_ENTRY_COLUMNS,
    "it", SLUICE_ENTRY_LETTERS};
constexpr sql::Query delete_directory{"DELETE FROM entry WHERE id = :id AND kind = 1", "i", ""};
constexpr sql::Query delete_directory_quota{
    "DELETE FROM quota WHERE kind = 0 AND subject = :directory", "i", ""};
constexpr sql::Query lock_moves{"{lock_moves}", "", "i"};
constexpr sql::Query is_below{
    "WITH RECURSIVE up (id, parent) AS ("
    "SELECT id, parent FROM entry WHERE id = :directory "
    "UNION ALL SELECT e.id, e.parent FROM entry e JOIN up ON e.id = up.parent) "
    "SELECT 1 FROM up WHERE id = :above",
    "ii", "i"};
// Only from where it was seen: somebody else may have moved it since.
constexpr sql::Query move{
    "UPDATE entry SET parent = :to, name = :new_name, changed = :now "
    "WHERE id = :id AND parent = :from AND name = :name AND upload = 0 "
    "RETURNING " SLUICE_ENTRY_COLUMNS,
    "itiiit", SLUICE_ENTRY_LETTERS};

tl::unexpected<Error> no_child(std::string_view name) {
  return fail(Errc::not_found, std::string(name));
}

// References of children are what keeps a directory that is not empty.
Status not_empty_is_exists(Status status, std::string_view name) {
  if (!status && status.error().code == Errc::conflict) {
    return fail(Errc::exists, "the directory is not empty: " + std::string(name));
  }
  return status;
}

Status check_target(sql::Session& session, const Entry& moved, FileId to) {
  SLUICE_TRY(std::optional<Entry> target, find_entry(session, to));
  if (!target) return fail(Errc::not_found, "the target directory is gone");
  if (!target->is_directory()) return fail(Errc::not_file, "not a directory: " + target->name);
  if (!moved.is_directory() || moved.parent == to) return {};
  // What is above the target stays so until we commit.
  SLUICE_TRY([[maybe_unused]] auto locked, session.run(lock_moves));
  SLUICE_TRY(const std::uint64_t below, session.run(is_below, {to.number, moved.id.number}));
  if (below > 0) return fail(Errc::invalid_argument, "a directory cannot move below itself");
  return {};
}

}  // namespace

Result<Entry> Namespace::make_directory(FileId parent, std::string_view name,
                                        const NewEntry& wanted) {
  SLUICE_CHECK(check_name(name));
  const std::int64_t now = clock_();
  return database_.write("make_directory", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(Entry made, make_entry(session, parent, name, wanted, {}, now));
    SLUICE_CHECK(touch_directory(session, parent, now));
    return made;
  });
}

Result<Entry> Namespace::make_link(FileId parent, std::string_view name, std::string_view target,
                                   const NewEntry& wanted) {
  SLUICE_CHECK(check_name(name));
  if (target.empty() || !is_plain_text(target)) {
    return fail(Errc::invalid_argument, "a link's target is a path in UTF-8");
  }
  if (target.size() > max_path) return fail(Errc::too_long, "a target of more than 4096 bytes");
  const std::int64_t now = clock_();
  return database_.write("make_link", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(Entry made, make_entry(session, parent, name, wanted,
                                      {.kind = EntryKind::link, .target = target}, now));
    SLUICE_CHECK(touch_directory(session, parent, now));
    return made;
  });
}

Result<Entry> Namespace::make_path(FileId start, const std::vector<std::string>& names,
                                   const NewEntry& wanted) {
  for (const std::string& name : names) SLUICE_CHECK(check_name(name));
  const std::int64_t now = clock_();
  return database_.write("make_path", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(std::optional<Entry> here, find_entry(session, start));
    if (!here) return fail(Errc::not_found, "the directory is gone");
    for (const std::string& name : names) {
      SLUICE_TRY(std::optional<Entry> next, find_child(session, here->id, name));
      if (!next) {
        auto made = make_entry(session, here->id, name, wanted, {}, now);
        if (made) {
          SLUICE_CHECK(touch_directory(session, here->id, now));
          next = std::move(*made);
        } else if (made.error().code == Errc::exists) {
          SLUICE_TRY(next, find_child(session, here->id, name));  // somebody was faster
        } else {
          return made;
        }
      }
      if (!next) return no_child(name);
      if (!next->is_directory()) return fail(Errc::not_file, "not a directory: " + name);
      here = std::move(next);
    }
    return std::move(*here);
  });
}

Result<Entry> Namespace::remove(FileId parent, std::string_view name) {
  SLUICE_CHECK(check_name(name));
  const std::int64_t now = clock_();
  return database_.write("remove", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(std::optional<Entry> gone, one_entry(session, delete_leaf, {parent.number, name}));
    session.mark(mark_of(parent, name));
    if (!gone) {
      SLUICE_TRY(gone, find_child(session, parent, name));
      if (gone) return fail(Errc::is_directory, std::string(name));
      return no_child(name);
    }
    if (gone->is_file()) {
      SLUICE_CHECK(discard_replicas(session, *gone, now));
      SLUICE_CHECK(charge(session, parent, gone->owner, gone->group,
                          -Usage{static_cast<std::int64_t>(gone->size), 1}));
    }
    SLUICE_CHECK(touch_directory(session, parent, now));
    return std::move(*gone);
  });
}

Status Namespace::remove_directory(FileId parent, std::string_view name) {
  SLUICE_CHECK(check_name(name));
  const std::int64_t now = clock_();
  return database_.write("remove_directory", [&](sql::Session& session) -> Status {
    SLUICE_TRY(std::optional<Entry> entry, find_child(session, parent, name));
    if (!entry) return no_child(name);
    if (!entry->is_directory()) return fail(Errc::not_file, std::string(name));
    session.mark(mark_of(parent, name));
    auto gone = session.run(delete_directory, {entry->id.number});
    if (!gone) {
      return not_empty_is_exists(tl::unexpected<Error>(std::move(gone).error()), name);
    }
    if (*gone == 0) return no_child(name);
    SLUICE_TRY([[maybe_unused]] auto quota,
               session.run(delete_directory_quota, {entry->id.number}));
    return touch_directory(session, parent, now);
  });
}

Result<Entry> Namespace::rename(FileId from, std::string_view name, FileId to,
                                std::string_view new_name) {
  SLUICE_CHECK(check_name(name));
  SLUICE_CHECK(check_name(new_name));
  const std::int64_t now = clock_();
  return database_.write("rename", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(std::optional<Entry> entry, find_child(session, from, name));
    if (!entry) return no_child(name);
    if (from == to && name == new_name) return std::move(*entry);
    SLUICE_CHECK(check_target(session, *entry, to));
    session.mark(mark_of(from, name));
    auto moved =
        one_entry(session, move, {to.number, new_name, now, entry->id.number, from.number, name});
    if (!moved) {
      const Errc code = moved.error().code;
      if (code == Errc::exists) return fail(Errc::exists, std::string(new_name));
      if (code == Errc::conflict) return fail(Errc::not_found, "the target directory is gone");
      return tl::unexpected<Error>(std::move(moved).error());
    }
    if (!*moved) return no_child(name);
    SLUICE_CHECK(move_usage(session, **moved, from, to));
    SLUICE_CHECK(touch_directory(session, from, now));
    if (from != to) SLUICE_CHECK(touch_directory(session, to, now));
    return std::move(**moved);
  });
}

}  // namespace sluice::catalogue
