// SPDX-License-Identifier: Apache-2.0
// The pools as they last told of themselves, what operators decided about them, and their settings. Thread-safe; every call
// blocks.
#pragma once

#include "catalogue/sql/database.h"
#include "catalogue/types.h"

#include <map>
#include <vector>

namespace sluice::catalogue {

// What an operator lets a pool do. The numbers are those in the database.
enum class PoolMode : std::uint8_t {
  enabled = 0,
  read_only = 1,  // nothing new
  draining = 2,   // nothing new, and its replicas go elsewhere
  disabled = 3,   // nothing at all
};

std::string_view to_text(PoolMode mode);

using Texts = std::map<std::string, std::string, std::less<>>;

// What a pool tells with each heartbeat; bytes and numbers of movers.
struct PoolLoad {
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t reserved = 0;
  std::uint64_t movers = 0;
  std::uint64_t queued = 0;
};

struct Pool {
  PoolId id;
  std::string name;
  PoolMode mode = PoolMode::enabled;
  std::int64_t heartbeat_ns = 0;
  PoolLoad load;
  std::vector<std::string> addresses;  // "root://host:port", "roots://host:port"
  Texts tags;
};

class Pools {
 public:
  Pools(sql::Database& database, Clock clock) : database_(database), clock_(std::move(clock)) {}

  // A pool that starts: new, or known by its name, then its mode stays and the rest is replaced.
  Result<Pool> enter(std::string_view name, const std::vector<std::string>& addresses,
                     const Texts& tags);
  Status heartbeat(PoolId pool, const PoolLoad& load);
  // Notes its files to be looked at: they may need copies elsewhere now, or need them no more.
  Status set_mode(PoolId pool, PoolMode mode);
  // Errc::exists while it has replicas.
  Status remove(PoolId pool);

  Result<std::vector<Pool>> list();
  Result<Pool> find(std::string_view name);

  // Names of settings are the pool's business; no value removes one.
  Status set(PoolId pool, std::string_view name, const std::optional<std::string>& value);
  Result<Texts> settings(PoolId pool);

 private:
  sql::Database& database_;
  const Clock clock_;
};

}  // namespace sluice::catalogue
