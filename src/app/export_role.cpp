// SPDX-License-Identifier: Apache-2.0
#include "app/export_role.h"

#include "app/directories.h"
#include "xroot/protocol.h"

namespace sluice::app {

Status ExportRole::listen() {
  return front_.listen(host_.config.serve.listen, xroot::default_port, ports_file(host_.config));
}

Status ExportRole::open() {
  SLUICE_CHECK(front_.remember_ports());
  SLUICE_CHECK(make_below(host_.config.serve.data_directory, host_.config.disk.export_directory));
  SLUICE_TRY(auto tree, disk::FileTree::open(host_.config.disk));
  service_ = std::make_unique<exporter::ExportService>(host_.config.xroot, std::move(tree),
                                                       host_.metrics, host_.runtime.blocking());
  return {};
}

}  // namespace sluice::app
