// SPDX-License-Identifier: Apache-2.0
// The table of everything a server answers: method, path, handler. Paths are literal ("/metrics")
// or have parameters that stand for one segment each ("/jobs/{id}"). A literal path wins over one
// with parameters; two equal rows are a bug.
#pragma once

#include "base/units.h"
#include "http/message.h"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// Not a coroutine lambda with captures: a plain function, or a lambda that calls a coroutine with
// what it captured.
using Handler = std::function<Task<Response>(Request)>;

struct Route {
  Method method;  // a GET row answers HEAD too
  std::string path;
  Handler handler;
  std::size_t body_limit = 0;                    // bytes; a longer body is 413
  Duration deadline = std::chrono::seconds(30);  // of the handler; then 504
};

class Router {
 public:
  // Throws std::logic_error for a table that nobody can serve.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null: 404, or 405 when there are methods
    Fields parameters;
    std::string allowed;  // "GET, HEAD" of a known path
  };
  // `path` is percent-encoded; segments are split before they are decoded, so "%2F" does not
  // separate.
  Result<Match> find(Method method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;  // literal paths first
};

}  // namespace sluice::http
