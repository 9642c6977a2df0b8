// SPDX-License-Identifier: Apache-2.0
// How many copies files shall have, and which files somebody must look at. A file is noted by the transaction that may have
// left it with too few copies, so that none is forgotten, whoever dies. Thread-safe; every call blocks.
#pragma once

#include "catalogue/replicas.h"
#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <map>
#include <vector>

namespace sluice::catalogue {

inline constexpr std::uint32_t max_copies = 16;

// A file that somebody claimed to look at.
struct CopyCheck {
  FileId file;
  std::int64_t until_ns = 0;  // of the claim, by the catalogue's clock
};

// Storage class to copies; a class that is not in it has one.
using CopyRules = std::map<std::string, std::uint32_t, std::less<>>;

class Copies {
 public:
  Copies(sql::Database& database, Clock clock) : database_(database), clock_(std::move(clock)) {}

  // For files that come from now on; what is there is looked at when check_class() is called. Errc::invalid_argument for a
  // number that is not 1 to max_copies.
  Status set(std::string_view storage_class, std::uint32_t copies);
  Result<CopyRules> rules();

  // Notes files to be looked at.
  Status check(FileId file);
  Status check_pool(PoolId pool);
  Status check_class(std::string_view storage_class);

  // Notes files of the pool that nobody noted, up to `limit`: what came there unseen.
  Status check_rest_of_pool(PoolId pool, std::size_t limit);

  // Files that are due, claimed for `lease`: who looked at one calls done() or lets it become due again. A file that was noted
  // again since it was claimed stays noted, whatever becomes of the claim.
  Result<std::vector<CopyCheck>> claim(std::size_t limit, Duration lease);
  Status done(const CopyCheck& check);
  // Makes a claimed one due after that time, not after its lease.
  Status put_off(const CopyCheck& check, Duration time);
  // How many wait.
  Result<std::uint64_t> waiting();

  // Replicas of files that a pool shall fetch from others.
  Result<std::vector<Replica>> to_fetch(PoolId pool, std::size_t limit);

 private:
  sql::Database& database_;
  const Clock clock_;
};

// Inside a transaction: notes a file, always or only where its class wants several copies; or all of a pool.
Status note_check(sql::Session& session, FileId file, std::int64_t now);
Status note_pool(sql::Session& session, PoolId pool, std::int64_t now);
Status note_new_file(sql::Session& session, const Entry& file, std::int64_t now);

}  // namespace sluice::catalogue
