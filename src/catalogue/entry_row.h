// SPDX-License-Identifier: Apache-2.0
// How an entry stands in a row, for all statements that bring whole entries.
#pragma once

#include "catalogue/sql/session.h"
#include "catalogue/types.h"

#include <string>
#include <string_view>

// The columns in the order of entry_of(), and their letters; literals, so that statements can be put together from them.
#define SLUICE_ENTRY_COLUMNS                                                                    \
  "id, parent, name, kind, mode, owner_id, group_id, size, modified, changed, accessed, born, " \
  "storage_class, checksums, target, acl"
#define SLUICE_ENTRY_LETTERS "iitiiiiiiiiitttt"

namespace sluice::catalogue {

inline constexpr std::size_t entry_columns = std::string_view(SLUICE_ENTRY_LETTERS).size();

// The entry in the columns from `first` on.
Entry entry_of(const sql::Row& row, std::size_t first = 0);

// The only row of a statement, if it brings one.
Result<std::optional<Entry>> one_entry(sql::Session& session, const sql::Query& query,
                                       std::initializer_list<sql::Value> values);

// By id or by name, among what clients see; nothing when it is not there.
Result<std::optional<Entry>> find_entry(sql::Session& session, FileId id);
Result<std::optional<Entry>> find_child(sql::Session& session, FileId parent,
                                        std::string_view name);

// Tells a directory that its content changed; free when it was told within the last second. Creators in one directory would
// else wait for each other's commit.
Status touch_directory(sql::Session& session, FileId directory, std::int64_t now);

// As it stands in the column: NULL where there is none. Valid as long as the list.
sql::Value acl_value(const SharedAcl& acl);

// As they stand in the column, and back.
std::string checksums_text(const Checksums& checksums);
Checksums checksums_of(std::string_view text);
Status check_checksums(const Checksums& checksums);

}  // namespace sluice::catalogue
