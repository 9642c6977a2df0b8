// SPDX-License-Identifier: Apache-2.0
// What operators do to access control lists; new entries get theirs where they are made.
#include "catalogue/acl.h"
#include "catalogue/entry_row.h"
#include "catalogue/marks.h"
#include "catalogue/namespace.h"

#include <algorithm>

namespace sluice::catalogue {
namespace {

constexpr sql::Query set_one{
    "UPDATE entry SET acl = CAST(:acl AS TEXT), changed = :now WHERE id = :id AND upload = 0 "
    "RETURNING " SLUICE_ENTRY_COLUMNS,
    "tii", SLUICE_ENTRY_LETTERS};
constexpr sql::Query set_many{
    "UPDATE entry SET acl = CASE kind WHEN 1 THEN CAST(:of_directories AS TEXT) "
    "ELSE CAST(:of_files AS TEXT) END, changed = :now "
    "WHERE parent = :parent AND upload = 0 AND kind <> 2 AND name > :after AND name <= :last",
    "ttiitt", ""};
constexpr sql::Query page{"SELECT " SLUICE_ENTRY_COLUMNS
                          " FROM entry WHERE parent = :parent AND upload = 0 AND name > :after "
                          "ORDER BY name LIMIT :count",
                          "iti", SLUICE_ENTRY_LETTERS};

tl::unexpected<Error> no_entry(FileId id) {
  return fail(Errc::not_found, "no entry of id " + std::to_string(id.number));
}

SharedAcl acl_on(const SharedAcl& acl, EntryKind kind) { return acl ? acl->on(kind) : nullptr; }

}  // namespace

Result<Entry> Namespace::set_acl(FileId id, const SharedAcl& acl) {
  const std::int64_t now = clock_();
  return database_.write("set_acl", [&](sql::Session& session) -> Result<Entry> {
    SLUICE_TRY(const std::optional<Entry> entry, find_entry(session, id));
    if (!entry) return no_entry(id);
    const SharedAcl own = acl_on(acl, entry->kind);
    if (acl && !own)
      return fail(Errc::invalid_argument,
                  entry->name + ": no entry of the ACL is for itself, and it hands nothing on");
    SLUICE_TRY(std::optional<Entry> changed,
               one_entry(session, set_one, {acl_value(own), now, id.number}));
    if (!changed) return no_entry(id);
    session.mark(mark_of(id));
    return std::move(*changed);
  });
}

Result<Page> Namespace::set_acl_inside(FileId directory, std::string_view after, std::size_t limit,
                                       const SharedAcl& acl) {
  const auto count = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, max_page));
  const SharedAcl of_directories = acl_on(acl, EntryKind::directory);
  const SharedAcl of_files = acl_on(acl, EntryKind::file);
  const std::int64_t now = clock_();
  return database_.write("set_acl_inside", [&](sql::Session& session) -> Result<Page> {
    Page out;
    SLUICE_TRY(const std::uint64_t rows,
               session.run(page, {directory.number, after, count},
                           [&](const sql::Row& row) { out.entries.push_back(entry_of(row)); }));
    out.is_last = static_cast<std::int64_t>(rows) < count;
    if (out.entries.empty()) return out;
    const std::string_view last = out.entries.back().name;
    SLUICE_TRY([[maybe_unused]] auto changed,
               session.run(set_many, {acl_value(of_directories), acl_value(of_files), now,
                                      directory.number, after, last}));
    for (Entry& entry : out.entries) {
      if (entry.is_link()) continue;
      entry.acl = entry.is_directory() ? of_directories : of_files;
      session.mark(mark_of(entry.id));
    }
    return out;
  });
}

}  // namespace sluice::catalogue
