// SPDX-License-Identifier: Apache-2.0
// The xroot service of an export in front of nodes: names from the tree, which it sees as they do, and files from the nodes
// by redirect.
#pragma once

#include "exporter/config.h"
#include "exporter/export_service.h"
#include "exporter/nodes.h"

namespace sluice::exporter {

class NodesService final : public ExportService {
 public:
  NodesService(xroot::server::ServerConfig settings, std::shared_ptr<FileTree> exported,
               const ExportConfig& config, std::unique_ptr<Nodes> others, Metrics& metrics,
               BlockingPool& blocking);

  std::uint32_t protocol_flags() const override;
  std::int32_t kind() const override { return 0; }
  std::string_view role() const override { return "door"; }

  const ExportConfig config_of_nodes;
  const std::unique_ptr<Nodes> nodes;
};

}  // namespace sluice::exporter
