// SPDX-License-Identifier: Apache-2.0
#include "app/export_role.h"

#include "app/directories.h"
#include "app/tls.h"
#include "xroot/protocol.h"

namespace sluice::app {

Status ExportRole::listen() {
  SLUICE_CHECK(front_.open_tls(host_.config.tls, "tls"));
  return front_.listen(host_.config.serve.listen, xroot::default_port, ports_file(host_.config));
}

Status ExportRole::open() {
  SLUICE_CHECK(front_.remember_ports());
  SLUICE_TRY(gate_, Gate::open(host_, front_.has_tls(), front_.is_local()));
  SLUICE_CHECK(make_below(host_.config.serve.data_directory, host_.config.disk.export_directory));
  SLUICE_TRY(auto tree, disk::FileTree::open(host_.config.disk));
  const exporter::ExportConfig& config = host_.config.exported;
  xroot::server::ServerConfig settings = host_.config.xroot;
  settings.sign_level = host_.config.signing.level;
  settings.sign_without_key = host_.config.signing.force;
  if (config.nodes.empty()) {
    service_ = std::make_unique<exporter::ExportService>(std::move(settings), std::move(tree),
                                                         host_.metrics, host_.runtime.blocking(),
                                                         host_.config.copies);
    service_->deliveries.use(tls_to_others(host_.config.tls_common));
    return {};
  }
  SLUICE_TRY(auto nodes, exporter::Nodes::make(config.nodes));
  nodes_ = nodes->all();
  settings.max_streams = 0;  // streams carry data, and here are none
  service_ = std::make_unique<exporter::NodesService>(std::move(settings), std::move(tree), config,
                                                      std::move(nodes), host_.metrics,
                                                      host_.runtime.blocking());
  return {};
}

void ExportRole::start(TaskGroup& group) {
  for (const auto& node : nodes_)
    group.spawn(xroot::client::watch_server(node, host_.config.exported.refresh, "sluice-export"));
  group.spawn(gate_->keep_fresh());
  service_->gatekeeper = gate_->keeper();
  front_.serve(*service_);
}

}  // namespace sluice::app
