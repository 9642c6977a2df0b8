// SPDX-License-Identifier: Apache-2.0
#include "app/admin_routes.h"

#include "base/crypto.h"

namespace sluice::app {
namespace {

Task<http::Response> refused() {
  http::Response response =
      http::problem(401, "Unauthorized", "Authorization: Bearer TOKEN, see serve.admin_token");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  co_return response;
}

}  // namespace

Routes with_token(Routes routes, const std::string& token) {
  for (http::Route& route : routes) {
    route.handler = [handler = std::move(route.handler),
                     wanted = "Bearer " + token](http::Request request) {
      const std::string_view shown = request.header("authorization").value_or("");
      if (!equal_in_constant_time(as_bytes(shown), as_bytes(wanted))) return refused();
      return handler(std::move(request));
    };
  }
  return routes;
}

}  // namespace sluice::app
