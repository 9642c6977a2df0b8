// SPDX-License-Identifier: Apache-2.0
// The one INSERT behind new directories, links and uploads, with the reasons why it made nothing.
#pragma once

#include "catalogue/sql/session.h"
#include "catalogue/types.h"

namespace sluice::catalogue {

struct EntryShape {
  EntryKind kind = EntryKind::directory;
  std::string_view target = {};  // of a link
  bool is_upload = false;
  bool replaces = false;  // an upload that may take the place of a file
  std::int64_t expires_ns = 0;
};

// Errors: exists, locked (somebody else uploads under that name), not_found or not_file for the parent.
Result<Entry> make_entry(sql::Session& session, FileId parent, std::string_view name,
                         const NewEntry& wanted, const EntryShape& shape, std::int64_t now);

}  // namespace sluice::catalogue
