// SPDX-License-Identifier: Apache-2.0
#include "http/service_routes.h"

#include <utility>

namespace sluice::http {
namespace {

Task<Response> show_metrics(const Metrics* metrics) {
  Response response = text_response(metrics->prometheus_text());
  response.content_type = prometheus_media_type;
  co_return response;
}

Task<Response> show_health(Request) { co_return text_response("ok\n"); }

Task<Response> show_readiness(Status status) {
  if (status) co_return text_response("ready\n");
  co_return problem(503, "Not ready", status.error().message());
}

}  // namespace

std::vector<Route> service_routes(const Metrics& metrics, Readiness ready) {
  return {
      {Method::get, "/metrics", [all = &metrics](const Request&) { return show_metrics(all); }},
      {Method::get, "/healthz", &show_health},
      {Method::get, "/readyz",
       [ready = std::move(ready)](const Request&) { return show_readiness(ready()); }},
  };
}

}  // namespace sluice::http
