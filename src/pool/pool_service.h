// SPDX-License-Identifier: Apache-2.0
// The xroot service of a pool: it honours capabilities of doors, serves the bytes they name, and sends everything else back
// to the door.
#pragma once

#include "capability/key_ring.h"
#include "catalogue/api.h"
#include "pool/begun_uploads.h"
#include "pool/config.h"
#include "pool/late_checksums.h"
#include "pool/movers/billing.h"
#include "pool/movers/movers.h"
#include "pool/replica_store.h"
#include "pool/reservations.h"
#include "tpc/destination.h"
#include "xroot/client/api.h"
#include "xroot/server/service.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::pool {

// What a pool is made of; all of it outlives the service.
struct PoolParts {
  catalogue::Catalogue* catalogue = nullptr;
  const capability::KeyRing* keys = nullptr;
  ReplicaStore* store = nullptr;
  Movers* movers = nullptr;
  Billing* billing = nullptr;
  catalogue::PoolId id;
  std::uint64_t keep_free = 0;  // bytes
  tpc::TpcConfig copying = {};
};

class PoolService final : public xroot::server::Service {
 public:
  PoolService(xroot::server::ServerConfig settings, PoolParts parts, Metrics& metrics,
              BlockingPool& blocking);

  std::uint32_t protocol_flags() const override;
  std::int32_t kind() const override { return 1; }
  std::string_view role() const override { return "pool"; }
  bool metadata_inline() const override { return store.tree().is_fast(); }

  // Space for an upload. Errc::no_space. Blocks as long as the file system does.
  Result<std::unique_ptr<Reservations::Claim>> reserve(std::uint64_t bytes);
  // All of the pool, and what is neither used nor to be kept free.
  Result<disk::Space> space() const;

  // Tells the catalogue, off the loops, that a replica cannot be read.
  void report_broken(FileId file, const Error& why);
  // The same here and now; blocks. Whatever the catalogue says but that it could not be asked is no error: the replica is
  // another one by now.
  Status mark_broken(FileId file, const Error& why);

  catalogue::Catalogue& catalogue;
  const capability::KeyRing& keys;
  ReplicaStore& store;
  Movers& movers;
  Billing& billing;
  const catalogue::PoolId id;
  const std::uint64_t keep_free;  // bytes
  BegunUploads begun;
  Reservations reservations;
  std::mutex comparison;              // held by who compares its files with the catalogue
  std::atomic<bool> stopping{false};  // what takes long shall give up
  // Checksums have threads of their own: one of them may read a disk for hours.
  BlockingPool checksum_pool;
  LateChecksums late_checksums;
  tpc::Destination deliveries;  // of third parties
  std::string site_name;
  xroot::client::TlsUpgrade tls_to_pools;  // for those that do not give copies in clear
};

}  // namespace sluice::pool
