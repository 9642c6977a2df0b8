// SPDX-License-Identifier: Apache-2.0
#include "exporter/export_service.h"

#include "exporter/requests.h"

namespace sluice::exporter {
namespace {

constexpr std::size_t checksum_queue = 4096;  // clients that wait; more are told to come later

}  // namespace

ExportService::ExportService(xroot::server::ServerConfig settings,
                             std::shared_ptr<FileTree> exported, Metrics& metrics,
                             BlockingPool& blocking)
    : ExportService(std::move(settings), export_requests(), std::move(exported), metrics,
                    blocking) {}

ExportService::ExportService(xroot::server::ServerConfig settings,
                             const xroot::server::RequestTable& requests,
                             std::shared_ptr<FileTree> exported, Metrics& metrics,
                             BlockingPool& blocking)
    : Service(std::move(settings), requests, metrics, blocking),
      tree(std::move(exported)),
      checksums(tree),
      checksum_pool(tree->config().checksum_threads, checksum_queue, "checksum") {
  site_name = tree->config().site_name;
}

std::uint32_t ExportService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_server | supports_posc | supports_pages;
}

}  // namespace sluice::exporter
