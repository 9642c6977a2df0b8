// SPDX-License-Identifier: Apache-2.0
#include "app/admin_routes.h"
#include "cli/json.h"
#include "xroot/server/session.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace sluice::app {
namespace {

using Services = std::vector<xroot::server::Service*>;
using Entry = xroot::server::SessionRegistry::Entry;

std::string id_of(const Entry& entry) { return xroot::server::short_id(entry.caller->id); }

std::vector<Entry> sessions_of(const Services& services) {
  std::vector<Entry> all;
  for (xroot::server::Service* service : services)
    std::ranges::move(service->sessions.list(), std::back_inserter(all));
  std::ranges::sort(all, {}, &Entry::since);
  return all;
}

Task<http::Response> list(const Services* services) {
  const auto now = std::chrono::system_clock::now();
  cli::JsonArray out;
  for (const Entry& entry : sessions_of(*services)) {
    const auto age = std::chrono::duration_cast<Duration>(now - entry.since);
    out.add(cli::JsonObject()
                .add("id", id_of(entry))
                .add("client", entry.caller->peer)
                .add("user", entry.caller->user)
                .add("application", entry.caller->application)
                .add("door", entry.caller->door)
                .add("since_ms", age.count()));
  }
  co_return http::json_response(out.text());
}

Task<http::Response> end(const Services* services, std::string id) {
  for (const Entry& entry : sessions_of(*services)) {
    if (id_of(entry) != id) continue;
    asio::post(entry.loop->context(), [dead = entry.session] {
      if (auto session = dead.lock()) session->expire();
    });
    co_return http::json_response(cli::JsonObject().add("ended", id).text());
  }
  co_return fail(Errc::not_found, "connection " + id);
}

}  // namespace

Routes connection_routes(Services services) {
  auto shared = std::make_shared<const Services>(std::move(services));
  const std::string path = std::string(admin_prefix) + "/connections";
  return {{http::Method::get, path, [shared](const http::Request&) { return list(shared.get()); }},
          {http::Method::delete_, path + "/{id}", [shared](const http::Request& request) {
             return end(shared.get(), std::string(request.parameter("id")));
           }}};
}

}  // namespace sluice::app
