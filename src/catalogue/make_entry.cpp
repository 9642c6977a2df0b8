// SPDX-License-Identifier: Apache-2.0
#include "catalogue/make_entry.h"

#include "catalogue/acl.h"
#include "catalogue/entry_row.h"

namespace sluice::catalogue {
namespace {

// The parent is read in the statement that refers to it: it must be a directory, and it gives its storage class and its ACL,
// which is then made that of the new directory. Files get theirs when they appear. The reference makes a concurrent rmdir wait for us, or us fail.
constexpr sql::Query insert{
    "INSERT INTO entry (parent, upload, name, kind, mode, owner_id, group_id, size, modified, "
    "changed, accessed, born, "
    "storage_class, checksums, target, replaces, expires, acl) "
    "SELECT p.id, CAST(:upload AS SMALLINT), CAST(:name AS TEXT), CAST(:kind AS SMALLINT), "
    "CAST(:mode AS INTEGER), "
    "CAST(:owner AS BIGINT), CAST(:grp AS BIGINT), 0, CAST(:modified AS BIGINT), CAST(:changed AS "
    "BIGINT), "
    "CAST(:accessed AS BIGINT), CAST(:born AS BIGINT), COALESCE(CAST(:class AS TEXT), "
    "p.storage_class), '', "
    "CAST(:target AS TEXT), CAST(:replaces AS SMALLINT), CAST(:expires AS BIGINT), "
    "CASE WHEN CAST(:inherits AS SMALLINT) = 1 THEN p.acl END "
    "FROM entry p WHERE p.id = :parent AND p.kind = 1 AND p.upload = 0 "
    "ON CONFLICT (parent, upload, name) DO NOTHING RETURNING " SLUICE_ENTRY_COLUMNS,
    "itiiiiiiiittiiii", SLUICE_ENTRY_LETTERS};

constexpr sql::Query replace_acl{"UPDATE entry SET acl = :acl WHERE id = :id", "ti", ""};

// Most lists pass on as they are, and need no further statement.
Status hand_on_acl(sql::Session& session, Entry& made) {
  if (!made.acl) return {};
  SharedAcl own = made.acl->inherited(made.kind);
  if (own && own->text() == made.acl->text()) return {};
  made.acl = std::move(own);
  SLUICE_TRY([[maybe_unused]] auto rows,
             session.run(replace_acl, {acl_value(made.acl), made.id.number}));
  return {};
}

tl::unexpected<Error> why_nothing(sql::Session& session, FileId parent, std::string_view name,
                                  bool is_upload) {
  auto above = find_entry(session, parent);
  if (!above) return tl::unexpected<Error>(std::move(above).error());
  if (!*above) return fail(Errc::not_found, "the directory is gone");
  if (!(*above)->is_directory()) return fail(Errc::not_file, "not a directory");
  if (is_upload) return fail(Errc::locked, "being uploaded: " + std::string(name));
  return fail(Errc::exists, std::string(name));
}

}  // namespace

Result<Entry> make_entry(sql::Session& session, FileId parent, std::string_view name,
                         const NewEntry& wanted, const EntryShape& shape, std::int64_t now) {
  const std::int64_t upload = shape.is_upload ? 1 : 0;
  const std::int64_t replaces = shape.replaces ? 1 : 0;
  const std::int64_t inherits = shape.kind == EntryKind::directory ? 1 : 0;
  const auto kind = static_cast<std::int64_t>(shape.kind);
  const auto mode = static_cast<std::int64_t>(wanted.mode & 07777U);
  sql::Value storage_class;
  if (wanted.storage_class) storage_class = std::string_view(*wanted.storage_class);
  auto made =
      one_entry(session, insert,
                {upload, name, kind, mode, wanted.owner, wanted.group, now, now, now, now,
                 storage_class, shape.target, replaces, shape.expires_ns, inherits, parent.number});
  if (!made) {
    // The parent was removed between the statement's look at it and its reference to it.
    if (made.error().code == Errc::conflict) return fail(Errc::not_found, "the directory is gone");
    return tl::unexpected<Error>(std::move(made).error());
  }
  if (!*made) return why_nothing(session, parent, name, shape.is_upload);
  SLUICE_CHECK(hand_on_acl(session, **made));
  return std::move(**made);
}

}  // namespace sluice::catalogue
