// SPDX-License-Identifier: Apache-2.0
#include "pool/pool_service.h"

#include "pool/pool_log.h"
#include "pool/refusal.h"
#include "pool/requests.h"

#include <algorithm>

namespace sluice::pool {
namespace {

constexpr std::size_t checksum_queue = 4096;  // clients that wait; more are told to come later

}  // namespace

PoolService::PoolService(xroot::server::ServerConfig settings, PoolParts parts, Metrics& metrics,
                         BlockingPool& blocking_pool)
    : Service(std::move(settings), pool_requests(), metrics, blocking_pool),
      catalogue(*parts.catalogue),
      keys(*parts.keys),
      store(*parts.store),
      movers(*parts.movers),
      billing(*parts.billing),
      id(parts.id),
      keep_free(parts.keep_free),
      checksum_pool(parts.store->tree().config().checksum_threads, checksum_queue, "checksum"),
      late_checksums(*parts.catalogue, *parts.store, stopping, metrics),
      deliveries(parts.copying, metrics, blocking_pool),
      site_name(parts.store->tree().config().site_name) {}

std::uint32_t PoolService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_server | supports_posc | supports_pages;
}

Result<std::unique_ptr<Reservations::Claim>> PoolService::reserve(std::uint64_t bytes) {
  SLUICE_TRY(const disk::Space all, space());
  return reservations.claim(bytes, all.free);
}

Result<disk::Space> PoolService::space() const {
  SLUICE_TRY(disk::Space space, store.space());
  space.free -= std::min(space.free, keep_free);
  return space;
}

void PoolService::report_broken(FileId file, const Error& why) {
  if (blocking.submit([this, file, why] { (void)mark_broken(file, why); })) return;
  // Whoever reads it next, or the scrubber, finds it again.
  log.warn("replica.not_marked", {{"file", file.number}, {"error", why.message()}});
}

Status PoolService::mark_broken(FileId file, const Error& why) {
  log.error("replica.broken", {{"file", file.number}, {"error", why.message()}});
  Status told = catalogue.replicas().set_state(file, id, catalogue::ReplicaState::broken);
  if (told) return {};
  log.warn("replica.not_marked", {{"file", file.number}, {"error", told.error().message()}});
  return is_refusal(told.error().code) ? Status() : told;
}

}  // namespace sluice::pool
