// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace sluice::http {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool has_parameter(const Route& route) { return route.path.find('{') != std::string::npos; }

// The parameters when `path` (decoded segments) is what `pattern` describes.
std::optional<Fields> match(std::string_view pattern, const std::vector<std::string>& path) {
  std::vector<std::string_view> segments = split(pattern, '/');
  if (segments.size() != path.size()) return std::nullopt;
  Fields parameters;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (is_parameter(segments[i]) && !path[i].empty()) {
      parameters.emplace_back(segments[i].substr(1, segments[i].size() - 2), path[i]);
    } else if (segments[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace

Router::Router(std::vector<Route> routes) {
  routes_.reserve(routes.size());
  for (bool with_parameters : {false, true}) {
    for (Route& route : routes) {
      if (has_parameter(route) == with_parameters) routes_.push_back(route);
    }
  }
  for (auto route = routes_.begin(); route != routes_.end(); ++route) {
    if (!route->path.starts_with('/') || !route->handler) {
      throw std::logic_error(fmt::format("route {}: no path or no handler", route->path));
    }
    bool is_double = std::any_of(routes_.begin(), route, [&](const Route& other) {
      return other.method == route->method && other.path == route->path;
    });
    if (is_double) {
      throw std::logic_error(fmt::format("route {} {} stands twice in the table",
                                         to_text(route->method), route->path));
    }
  }
}

Result<Router::Match> Router::find(Method method, std::string_view path) const {
  std::vector<std::string> segments;
  for (std::string_view segment : split(path, '/')) {
    SLUICE_TRY(std::string decoded, percent_decoded(segment));
    segments.push_back(std::move(decoded));
  }
  Match found;
  auto allow = [&found](Method allowed) {
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += to_text(allowed);
  };
  for (const Route& route : routes_) {
    auto parameters = match(route.path, segments);
    if (!parameters) continue;
    allow(route.method);
    if (route.method == Method::get) allow(Method::head);
    bool fits = route.method == method || (route.method == Method::get && method == Method::head);
    if (fits && found.route == nullptr) {
      found.route = &route;
      found.parameters = std::move(*parameters);
    }
  }
  return found;
}

}  // namespace sluice::http
