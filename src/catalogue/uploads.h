// SPDX-License-Identifier: Apache-2.0
// Files on their way in. An upload holds its name against other uploads, but nobody sees it until commit() makes the file,
// its size, its checksums and its replica appear together. Thread-safe; every call blocks.
#pragma once

#include "catalogue/replicas.h"
#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <span>
#include <vector>

namespace sluice::catalogue {

struct NewUpload {
  NewEntry entry{.mode = 0644};
  bool replaces = false;            // may take the place of a file of that name
  std::uint64_t expected_size = 0;  // 0: unknown
  Duration lifetime{3'600'000};     // until it counts as abandoned, unless it is renewed
  std::optional<PoolId> pool = {};  // where the bytes will arrive: gets a replica, state created
};

// What the pool knows when all bytes are safe.
struct Arrival {
  PoolId pool;
  std::uint64_t size = 0;
  Checksums checksums = {};
  ReplicaState state = ReplicaState::online;
};

class Uploads {
 public:
  Uploads(sql::Database& database, Clock clock) : database_(database), clock_(std::move(clock)) {}

  // Errors: exists; is_directory; locked (somebody uploads that name); quota; not_found or not_file for the parent;
  // not_found for the pool.
  Result<Entry> begin(FileId parent, std::string_view name, const NewUpload& wanted);
  Status renew(FileId file, Duration lifetime);
  // All at once; those that have ended meanwhile are passed over.
  Status renew(std::span<const FileId> files, Duration lifetime);
  // All or nothing. May be repeated after an error whose outcome is unknown: done is done. Replicas that were meant for other
  // pools become work for them. Errors: not_found (aborted, or expired and cleaned up), exists (the name was taken
  // meanwhile), quota, conflict (the pool was told to delete the replica).
  Result<Entry> commit(FileId file, const Arrival& arrival);
  // The replicas become work for their pools. Errc::not_found when it was committed or aborted before.
  Status abort(FileId file);

  // The upload that holds a name, if there is one.
  Result<std::optional<Entry>> find(FileId parent, std::string_view name);
  // Abandoned ones, oldest first, to be aborted by whoever looks after them.
  Result<std::vector<Entry>> expired(std::size_t limit);
  // Those whose bytes were to arrive on a pool, with ids above `after`, at most `limit`; fewer than `limit` is the end. A pool
  // that starts again aborts them.
  Result<std::vector<Entry>> unfinished_on(PoolId pool, FileId after, std::size_t limit);

 private:
  sql::Database& database_;
  const Clock clock_;
};

}  // namespace sluice::catalogue
