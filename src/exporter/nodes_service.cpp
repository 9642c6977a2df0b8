// SPDX-License-Identifier: Apache-2.0
#include "exporter/nodes_service.h"

#include "exporter/requests.h"

namespace sluice::exporter {

NodesService::NodesService(xroot::server::ServerConfig settings, std::shared_ptr<FileTree> exported,
                           const ExportConfig& own, std::unique_ptr<Nodes> others, Metrics& metrics,
                           BlockingPool& blocking_pool)
    : ExportService(std::move(settings), nodes_requests(), std::move(exported), metrics,
                    blocking_pool),
      config_of_nodes(own),
      nodes(std::move(others)) {}

std::uint32_t NodesService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_manager | supports_posc | supports_pages;
}

}  // namespace sluice::exporter
