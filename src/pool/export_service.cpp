// SPDX-License-Identifier: Apache-2.0
#include "pool/export_service.h"

#include "pool/requests.h"

namespace sluice::pool {

ExportService::ExportService(xroot::server::ServerConfig settings,
                             std::shared_ptr<ExportTree> exported, Metrics& metrics,
                             BlockingPool& blocking)
    : Service(std::move(settings), export_requests(), metrics, blocking),
      tree(std::move(exported)) {}

std::uint32_t ExportService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_server | supports_posc | supports_pages;
}

}  // namespace sluice::pool
