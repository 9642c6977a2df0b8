// SPDX-License-Identifier: Apache-2.0
// "pool": keeps replicas for the catalogue.
#pragma once

#include "app/catalogue_role.h"
#include "app/front.h"
#include "app/gate.h"
#include "pool/ownership.h"
#include "pool/upkeep.h"

namespace sluice::app {

class PoolRole final : public Role {
 public:
  PoolRole(Host& host, CatalogueRole& shared) : host_(host), shared_(shared), front_(host) {}

  Status listen() override;
  Status open() override;
  void start(TaskGroup& group) override;
  void close() override;
  xroot::server::Service* service() override { return service_.get(); }
  Routes admin_routes() override { return pool_routes(admin_); }
  void reload() override;
  std::string ready() const override { return front_.ready("pool"); }

 private:
  Host& host_;
  CatalogueRole& shared_;
  Front front_;
  std::unique_ptr<Gate> gate_;  // outlives the service
  pool::Ownership ownership_;
  std::unique_ptr<pool::ReplicaStore> store_;
  std::shared_ptr<pool::Movers> movers_;
  std::unique_ptr<pool::Billing> billing_;
  std::unique_ptr<pool::PoolService> service_;
  PoolAdmin admin_;
  std::unique_ptr<pool::Upkeep> upkeep_;
};

}  // namespace sluice::app
