// SPDX-License-Identifier: Apache-2.0
// The xroot service over one exported directory: what its handlers share.
#pragma once

#include "disk/attributes.h"
#include "disk/checksum_runs.h"
#include "disk/directory.h"
#include "disk/file_tree.h"
#include "disk/open_file.h"
#include "disk/wire_forms.h"
#include "tpc/destination.h"
#include "tpc/source.h"
#include "xroot/server/authorization.h"
#include "xroot/server/service.h"

#include <memory>

namespace sluice::exporter {

// An export is made of what disk has.
using namespace disk;

class ExportService : public xroot::server::Service {
 public:
  ExportService(xroot::server::ServerConfig settings, std::shared_ptr<FileTree> exported,
                Metrics& metrics, BlockingPool& blocking, tpc::TpcConfig copying = {});

  std::uint32_t protocol_flags() const override;
  std::int32_t kind() const override { return 1; }
  std::string_view role() const override { return "export"; }
  bool metadata_inline() const override { return tree->is_fast(); }

  const std::shared_ptr<FileTree> tree;
  // Checksums have threads of their own: one of them may read a disk for hours.
  ChecksumRuns checksums;
  BlockingPool checksum_pool;
  tpc::Source copies;           // by third parties
  tpc::Destination deliveries;  // of third parties

 protected:
  // With another table.
  ExportService(xroot::server::ServerConfig settings, const xroot::server::RequestTable& requests,
                std::shared_ptr<FileTree> exported, Metrics& metrics, BlockingPool& blocking,
                tpc::TpcConfig copying = {});
};

// A path of a request, where this may be done.
Result<RequestPath> allowed_path(const ExportService& service, const xroot::server::Caller& caller,
                                 std::string_view wire, auth::Activity activity);
// The same for coroutines on a loop; what may have to wait does so in the blocking pool. `wire` outlives it.
Task<RequestPath> allowed_path_beside(ExportService& service, const xroot::server::Answer& answer,
                                      std::string_view wire, auth::Activity activity);

// What an open is, as far as rights are concerned, before it is known whether there is a file.
auth::Activity activity_of(const xroot::OpenFlags& flags);

}  // namespace sluice::exporter
