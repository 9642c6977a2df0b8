// SPDX-License-Identifier: Apache-2.0
// The tree of names. Changes name a directory by its id and a name in it, which the caller got from walk(): so rights that
// were checked on the way cannot be dodged by moving a directory meanwhile. Thread-safe; every call blocks.
#pragma once

#include "catalogue/acl.h"
#include "catalogue/lookup_cache.h"
#include "catalogue/sql/database.h"
#include "catalogue/types.h"
#include "catalogue/walk.h"

#include <vector>

namespace sluice::catalogue {

// One piece of a listing, in the order of the bytes of the names.
struct Page {
  std::vector<Entry> entries;
  bool is_last = true;  // else ask again with the last name
};

// What is not there stays as it is.
struct Change {
  std::optional<std::uint32_t> mode = {};
  std::optional<std::int64_t> owner = {};
  std::optional<std::int64_t> group = {};
  std::optional<std::int64_t> modified_ns = {};
  std::optional<std::int64_t> accessed_ns = {};
  std::optional<std::string> storage_class = {};
};

class Namespace {
 public:
  // `cache` may be null.
  Namespace(sql::Database& database, Clock clock, LookupCache* cache)
      : database_(database), clock_(std::move(clock)), cache_(cache) {}

  // As far as the path goes; one statement where no link is on the way.
  Result<Walk> walk(std::string_view path, LastLink last = LastLink::followed);
  // The same, and where the bytes of the file are. What was found is kept for recall().
  Result<Located> locate(std::string_view path, LastLink last = LastLink::followed);
  // What locate() would tell now, if that is known without a look at the database: never waits. Other processes' changes show
  // as soon as this one was told.
  std::optional<Located> recall(std::string_view path);
  // The entry, or Errc::not_found.
  Result<Entry> lookup(std::string_view path, LastLink last = LastLink::followed);
  Result<Entry> stat(FileId id);
  // The entries after the name `after` ("" for the first page), at most `limit` (1 to max_page).
  Result<Page> list(FileId directory, std::string_view after, std::size_t limit);
  // "/a/b" of an entry, for records and repair; costs more the deeper it is.
  Result<std::string> path_of(FileId id);

  // Errors of these three: exists; not_found or not_file when `parent` is gone or no directory.
  Result<Entry> make_directory(FileId parent, std::string_view name, const NewEntry& wanted);
  Result<Entry> make_link(FileId parent, std::string_view name, std::string_view target,
                          const NewEntry& wanted);
  // Makes what is missing of `names` below `start`; directories that are there are no error.
  Result<Entry> make_path(FileId start, const std::vector<std::string>& names,
                          const NewEntry& wanted);

  // A file or a link; a directory is Errc::is_directory. Replicas of the file become work for their pools (see Trash).
  Result<Entry> remove(FileId parent, std::string_view name);
  // Errc::exists unless it is empty, uploads that have not ended included.
  Status remove_directory(FileId parent, std::string_view name);
  // Any kind of entry, never onto another one (Errc::exists), and no directory below itself (Errc::invalid_argument).
  Result<Entry> rename(FileId from, std::string_view name, FileId to, std::string_view new_name);

  // Files that get another owner count in the other's quota, even beyond its limit is Errc::quota.
  Result<Entry> change(FileId id, const Change& change);
  // Null takes the list away. A file gets what concerns itself; invalid_argument when that is nothing.
  Result<Entry> set_acl(FileId id, const SharedAcl& acl);
  // The same for a piece of what is in a directory, as list() gives it. Links are passed over, and files that a list says
  // nothing about have none.
  Result<Page> set_acl_inside(FileId directory, std::string_view after, std::size_t limit,
                              const SharedAcl& acl);
  // Adds or replaces checksums of a file by type.
  Result<Entry> add_checksums(FileId id, const Checksums& checksums);
  // The same for what was computed of a replica: those of a type that is known stay as they are. Errc::conflict when the file
  // is not of that size.
  Result<Entry> complete_checksums(FileId id, std::uint64_t size, const Checksums& checksums);

 private:
  sql::Database& database_;
  const Clock clock_;
  LookupCache* const cache_;
};

}  // namespace sluice::catalogue
