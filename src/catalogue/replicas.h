// SPDX-License-Identifier: Apache-2.0
// The copies of files on pools and what state each is in. Thread-safe; every call blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <map>
#include <vector>

namespace sluice::catalogue {

// The numbers are those in the database.
enum class ReplicaState : std::uint8_t {
  created = 0,   // its bytes are arriving
  online = 1,    // one of those that the storage class wants
  cached = 2,    // may be deleted whenever its pool needs space
  precious = 3,  // must not be deleted before it is somewhere else, on tape as a rule
  broken = 4,    // unreadable, or its checksum is wrong
  deleting = 5,  // nobody may read it; its pool will delete the bytes
};

std::string_view to_text(ReplicaState state);
// Whether clients may read it.
bool is_readable(ReplicaState state);
// What the state of a replica may become. Nothing comes back from deleting.
bool may_become(ReplicaState from, ReplicaState to);

struct Replica {
  FileId file;
  PoolId pool;
  ReplicaState state = ReplicaState::created;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  bool leaving = false;  // shall go once the file has enough others
};

// Replicas together, bytes of them.
struct Amount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// A replica that clients may read, and what its file must be.
struct ExpectedReplica {
  FileId file;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;  // of the replica
  Checksums checksums;
};

// Whether the last readable replica of a file may go.
enum class Last : bool { stays, may_go };

class Replicas {
 public:
  Replicas(sql::Database& database, Clock clock) : database_(database), clock_(std::move(clock)) {}

  Result<std::vector<Replica>> of_file(FileId file);
  // Those of files with ids above `after`, at most `limit`; fewer than `limit` is the end.
  Result<std::vector<Replica>> of_pool(PoolId pool, FileId after, std::size_t limit);
  // The readable ones, with what the catalogue knows of their files; pages as of of_pool().
  Result<std::vector<ExpectedReplica>> expected_on(PoolId pool, FileId after, std::size_t limit);

  // A place for a copy, state created. Errors: not_found for the file or the pool, exists.
  Status add(FileId file, PoolId pool);
  // Errors: not_found; conflict when the state may not become that. `deleting` is for retire(). A file with one copy less that
  // counts is noted to be looked at.
  Status set_state(FileId file, PoolId pool, ReplicaState state);
  // The same, together with the size that arrived.
  Status arrived(FileId file, PoolId pool, std::uint64_t size, ReplicaState state);
  // Gives a replica to its pool to delete. Errc::conflict when it is the last readable one and that stays.
  Status retire(FileId file, PoolId pool, Last last);

  // Notes the file to be looked at, and that this replica shall go once there are enough others. Errors: not_found; conflict
  // when nobody may read it.
  Status leave(FileId file, PoolId pool);
  // What pools have, and will have, that shall stay; pools without are not in it. Looks at every replica.
  Result<std::map<PoolId, Amount>> staying();
  // What shall leave and has not yet, of all pools.
  Result<Amount> leaving();
  // All of a pool, those included whose bytes are not there yet or not gone yet.
  Result<Amount> on_pool(PoolId pool);
  // The cached ones of a pool, at most `limit`, the oldest first; and what retire() does to one, as long as it is cached: else
  // Errc::conflict, and for the last readable one of the file.
  Result<std::vector<Replica>> cached_on(PoolId pool, std::size_t limit);
  Status evict(FileId file, PoolId pool);

  // Up to `limit` replicas that the pool shall delete and nobody claimed within `lease`; the claim of a pool that died ends
  // by itself. Then forget() each whose bytes are gone; to forget twice is no error.
  Result<std::vector<Replica>> claim_deletions(PoolId pool, std::size_t limit, Duration lease);
  Status forget(FileId file, PoolId pool);

 private:
  sql::Database& database_;
  const Clock clock_;
};

}  // namespace sluice::catalogue
