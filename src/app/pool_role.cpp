// SPDX-License-Identifier: Apache-2.0
#include "app/pool_role.h"

#include "app/directories.h"
#include "app/tls.h"

#include <algorithm>

namespace sluice::app {
namespace {

// "key=value" words, as the catalogue keeps them.
Result<catalogue::Texts> tags_of(const std::vector<std::string>& words) {
  catalogue::Texts tags;
  for (const std::string& word : words) {
    std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::usage, "pool.tags: \"" + word + "\" is not KEY=VALUE");
    tags.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return tags;
}

bool has_replicas(catalogue::Catalogue& all, std::string_view pool) {
  auto known = all.pools().find(pool);
  if (!known) return false;
  auto some = all.replicas().of_pool(known->id, {}, 1);
  return some && !some->empty();
}

}  // namespace

// Beside a door the ports are of the system's choice: clients learn them from the door.
Status PoolRole::listen() {
  SLUICE_CHECK(front_.open_tls(host_.config.pool_tls, "pool.tls"));
  std::vector<std::string> addresses = host_.config.pool.listen;
  if (addresses.empty() && host_.config.serve.has_role("door")) {
    SLUICE_TRY(addresses, with_free_ports(host_.config.serve.listen));
  } else if (addresses.empty()) {
    addresses = host_.config.serve.listen;
  }
  return front_.listen(addresses, 0, host_.config.pool.directory + "/.sluice.ports");
}

Status PoolRole::open() {
  Config& config = host_.config;
  if (config.pool.low_watermark > config.pool.high_watermark)
    return fail(Errc::usage, "pool.low_watermark is above pool.high_watermark");
  SLUICE_CHECK(make_below(config.serve.data_directory, config.pool.directory));
  disk::DiskConfig disk = config.disk;
  disk.export_directory = config.pool.directory;
  disk.keep_partial = false;
  disk.read_only = false;
  SLUICE_TRY(auto tags, tags_of(config.pool.tags));
  auto& catalogue = shared_.catalogue();
  SLUICE_TRY(ownership_, pool::own_directory(config.pool.directory, config.pool.name,
                                             has_replicas(catalogue, config.pool.name)));
  SLUICE_CHECK(pool::check_name(catalogue, config.pool.name, ownership_.id));
  SLUICE_TRY(store_, pool::ReplicaStore::open(std::move(disk)));
  // Doors send encrypted clients to pools that have TLS.
  std::string address = (front_.has_tls() ? "roots://" : "root://") + front_.public_address();
  SLUICE_TRY(auto known, catalogue.pools().enter(config.pool.name, {address}, tags));
  SLUICE_CHECK(pool::take_name(catalogue, known.id, ownership_.id));
  movers_ = std::make_shared<pool::Movers>(config.movers, host_.metrics);
  admin_ = {movers_.get(), &catalogue, known.id, &host_.runtime.blocking()};
  SLUICE_CHECK(restore_queues(admin_));
  SLUICE_TRY(billing_, pool::Billing::open(config.movers.billing, config.pool.name, host_.metrics));
  pool::PoolParts parts{&catalogue,
                        &shared_.keys(),
                        store_.get(),
                        movers_.get(),
                        billing_.get(),
                        known.id,
                        config.pool.keep_free.count,
                        config.copies};
  xroot::server::ServerConfig settings = config.xroot;
  settings.sign_level = config.signing.pool_level;
  settings.sign_without_key = config.signing.pool_force;
  service_ = std::make_unique<pool::PoolService>(std::move(settings), parts, host_.metrics,
                                                 host_.runtime.blocking());
  service_->tls_to_pools = tls_to_others(config.tls_common);
  service_->deliveries.use(service_->tls_to_pools);
  admin_.service = service_.get();
  SLUICE_TRY(gate_, Gate::of_pool(host_));
  service_->gatekeeper = gate_->keeper();
  SLUICE_CHECK(front_.remember_ports());
  upkeep_ = std::make_unique<pool::Upkeep>(*service_, config.pool, host_.metrics);
  admin_.scrubber = &upkeep_->scrubber();
  return upkeep_->begin();
}

void PoolRole::close() {
  front_.close();
  service_->stopping = true;
}

void PoolRole::reload() {
  billing_->reopen();
  upkeep_->scrubber().adjust(host_.config.pool);
}

void PoolRole::start(TaskGroup& group) {
  group.spawn(upkeep_->run());
  front_.serve(*service_);
}

}  // namespace sluice::app
