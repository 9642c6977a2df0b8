// SPDX-License-Identifier: Apache-2.0
// "export": clients see a directory of this machine as it is.
#pragma once

#include "app/front.h"
#include "app/gate.h"
#include "exporter/nodes_service.h"

namespace sluice::app {

class ExportRole final : public Role {
 public:
  explicit ExportRole(Host& host) : host_(host), front_(host) {}

  Status listen() override;
  Status open() override;
  void start(TaskGroup& group) override;
  xroot::server::Service* service() override { return service_.get(); }
  void close() override { front_.close(); }
  void reload() override { gate_->reload(); }
  std::string ready() const override { return front_.ready("xroot"); }

 private:
  Host& host_;
  Front front_;
  std::unique_ptr<Gate> gate_;  // outlives the service
  std::unique_ptr<exporter::ExportService> service_;
  std::vector<std::shared_ptr<exporter::Node>> nodes_;  // that it sends clients to
};

}  // namespace sluice::app
