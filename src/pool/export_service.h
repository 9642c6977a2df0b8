// SPDX-License-Identifier: Apache-2.0
// The xroot service over one exported directory: what its handlers share.
#pragma once

#include "pool/checksum_runs.h"
#include "pool/export_tree.h"
#include "pool/open_file.h"
#include "xroot/server/service.h"

#include <memory>

namespace sluice::pool {

class ExportService final : public xroot::server::Service {
 public:
  ExportService(xroot::server::ServerConfig settings, std::shared_ptr<ExportTree> exported,
                Metrics& metrics, BlockingPool& blocking);

  std::uint32_t protocol_flags() const override;
  std::int32_t kind() const override { return 1; }
  bool metadata_inline() const override { return tree->is_fast(); }

  const std::shared_ptr<ExportTree> tree;
  // Checksums have threads of their own: one of them may read a disk for hours.
  ChecksumRuns checksums;
  BlockingPool checksum_pool;
  std::string address;  // HOST:PORT under which clients find this server; what locate answers
};

}  // namespace sluice::pool
