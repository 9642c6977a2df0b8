// SPDX-License-Identifier: Apache-2.0
// What an export in front of nodes answers: all that concerns names as any export does, but for opens, which it sends to
// nodes, and for where files are.
#include "base/offload.h"
#include "disk/wire_forms.h"
#include "exporter/metadata_rows.h"
#include "exporter/nodes_service.h"
#include "exporter/requests.h"
#include "xroot/responses.h"
#include "xroot/server/connection_rows.h"
#include "xroot/server/login.h"
#include "xroot/server/session.h"
#include "xroot/server/standard_answers.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::exporter {
namespace {

using xroot::server::on;

Status check_open(const NodesService& service, const RequestPath& target,
                  const xroot::OpenFlags& flags) {
  if (flags.writes()) return service.tree->check_writable();
  SLUICE_TRY(FileStat found, service.tree->stat(target.path));
  if (to_wire(*service.tree, found).flags.directory)
    return fail(Errc::is_directory, target.path.text());
  return {};
}

Reply send_to(const NodesService& service, const Node& node, const Attempts& attempts,
              const xroot::SessionId& session) {
  const Endpoint address = *node.address();
  std::string cgi = attempts.cgi(to_text(address));
  xroot::Opaque::append(cgi, xroot::server::session_key, xroot::server::short_id(session));
  std::string token;
  xroot::Opaque::append(token, xroot::server::redirected_by, service.address);
  return xroot::server::redirect(address, cgi, token);
}

Task<Reply> open_at_node(NodesService& service, Answer answer, xroot::Open request) {
  constexpr unsigned rounds_to_notice = 3;  // that the node which the client lost is gone
  SLUICE_CO_TRY(RequestPath target, co_await allowed_path_beside(service, answer, request.path,
                                                                 activity_of(request.flags)));
  SLUICE_CO_CHECK(co_await offload(service.blocking,
                                   [&] { return check_open(service, target, request.flags); }));
  const Attempts attempts = Attempts::of(target.opaque);
  if (attempts.count > Attempts::most || !service.nodes->is_any_left(attempts))
    co_return fail(Errc::no_replicas, target.path.text() + ": every node has failed to serve it");
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const ExportConfig& config = service.config_of_nodes;
  const auto give_up_at = std::chrono::steady_clock::now() + config.patience;
  for (unsigned round = 0;; ++round) {
    if (const Node* node = service.nodes->choose(attempts, round >= rounds_to_notice))
      co_return send_to(service, *node, attempts, answer.call.caller->id);
    if (std::chrono::steady_clock::now() >= give_up_at) break;
    pause.expires_after(config.refresh);
    if (auto [error] = co_await pause.async_wait(as_value); error)
      co_return fail(Errc::cancelled, "the client is gone");
  }
  co_return fail(Errc::server, target.path.text() + ": no node is online for it");
}

// Files are at every node. Of all else this server has the whole: clients that list want one place.
Result<Reply> locate_at_nodes(NodesService& service, const Call& call,
                              const xroot::Locate& request) {
  if (request.path.empty() || request.flags.for_dirlist) return locate(service, call, request);
  SLUICE_TRY(RequestPath target,
             allowed_path(service, *call.caller, request.path, Activity::read_meta));
  SLUICE_TRY(FileStat found, service.tree->stat(target.path));
  if (to_wire(*service.tree, found).flags.directory) return locate(service, call, request);
  std::vector<std::string> addresses;
  for (const auto& node : service.nodes->all())
    if (node->is_online()) addresses.push_back(to_text(*node->address()));
  if (addresses.empty())
    return fail(Errc::server, target.path.text() + ": no node is online for it");
  xroot::LocateAnswer answer;
  for (const std::string& address : addresses)
    answer.locations.push_back({false, false, service.tree->may_write(found), address});
  Reply reply;
  answer.encode(reply.body);
  return reply;
}

constexpr std::array node_rows = {on<&open_at_node>(), on<&locate_at_nodes>()};

constexpr auto table =
    xroot::server::index_by_id(xroot::server::connection_rows, name_rows, node_rows);

}  // namespace

const xroot::server::RequestTable& nodes_requests() { return table; }

}  // namespace sluice::exporter
