// SPDX-License-Identifier: Apache-2.0
// "door": knows the namespace and sends clients to pools.
#pragma once

#include "app/catalogue_role.h"
#include "app/front.h"
#include "app/gate.h"
#include "door/door_service.h"
#include "door/pool_watch.h"
#include "door/upkeep.h"

namespace sluice::app {

class DoorRole final : public Role {
 public:
  DoorRole(Host& host, CatalogueRole& shared)
      : host_(host), shared_(shared), front_(host), hot_(host.config.door.hot_opens) {}

  Status listen() override;
  Status open() override;
  void start(TaskGroup& group) override;
  void close() override { front_.close(); }
  void reload() override { gate_->reload(); }
  Routes admin_routes() override {
    return acl_routes(shared_.catalogue(), host_.runtime.blocking());
  }
  xroot::server::Service* service() override { return service_.get(); }
  std::string ready() const override { return front_.ready("xroot"); }
  std::string hints() const override;

 private:
  Host& host_;
  CatalogueRole& shared_;
  Front front_;
  std::unique_ptr<Gate> gate_;  // outlives the service
  door::PoolBoard board_;
  door::HotFiles hot_;
  std::unique_ptr<door::DoorService> service_;
  std::unique_ptr<door::Upkeep> upkeep_;
  std::unique_ptr<door::PoolWatch> watch_;
};

}  // namespace sluice::app
