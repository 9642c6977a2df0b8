// SPDX-License-Identifier: Apache-2.0
#include "exporter/export_service.h"

#include "exporter/requests.h"

namespace sluice::exporter {
namespace {

constexpr std::size_t checksum_queue = 4096;  // clients that wait; more are told to come later

}  // namespace

ExportService::ExportService(xroot::server::ServerConfig settings,
                             std::shared_ptr<FileTree> exported, Metrics& metrics,
                             BlockingPool& blocking, tpc::TpcConfig copying)
    : ExportService(std::move(settings), export_requests(), std::move(exported), metrics, blocking,
                    copying) {}

ExportService::ExportService(xroot::server::ServerConfig settings,
                             const xroot::server::RequestTable& requests,
                             std::shared_ptr<FileTree> exported, Metrics& metrics,
                             BlockingPool& blocking, tpc::TpcConfig copying)
    : Service(std::move(settings), requests, metrics, blocking),
      tree(std::move(exported)),
      checksums(tree),
      checksum_pool(tree->config().checksum_threads, checksum_queue, "checksum"),
      copies(copying, metrics),
      deliveries(copying, metrics, blocking) {
  site_name = tree->config().site_name;
}

std::uint32_t ExportService::protocol_flags() const {
  using namespace xroot::server_flag;
  return is_server | supports_posc | supports_pages;
}

Result<RequestPath> allowed_path(const ExportService& service, const xroot::server::Caller& caller,
                                 std::string_view wire, auth::Activity activity) {
  SLUICE_TRY(auto asked, xroot::server::allowed(service, caller, wire, activity));
  SLUICE_TRY(LogicalPath path, LogicalPath::parse(asked.path));
  return RequestPath{std::move(path), asked.opaque};
}

Task<RequestPath> allowed_path_beside(ExportService& service, const xroot::server::Answer& answer,
                                      std::string_view wire, auth::Activity activity) {
  auto look = [&] { return allowed_path(service, *answer.call.caller, wire, activity); };
  if (xroot::server::is_asked_at_once(service, wire)) co_return look();
  co_return co_await offload(service.blocking, look);
}

auth::Activity activity_of(const xroot::OpenFlags& flags) {
  if (!flags.writes()) return auth::Activity::download;
  const bool may_make_one = flags.create || flags.overwrite || flags.append;
  return may_make_one ? auth::Activity::upload : auth::Activity::overwrite;
}

}  // namespace sluice::exporter
