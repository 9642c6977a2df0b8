// SPDX-License-Identifier: Apache-2.0
// The rows that every service has: /metrics, /healthz, /readyz.
#pragma once

#include "base/metrics.h"
#include "base/result.h"
#include "http/router.h"

#include <functional>
#include <vector>

namespace sluice::http {

// Success when the service can do its work; else the reason, which the answer shows.
using Readiness = std::function<Status()>;

// `metrics` outlives the server. /healthz: 200 while the loop runs. /readyz: 200, or 503 with the
// reason.
std::vector<Route> service_routes(const Metrics& metrics, Readiness ready);

}  // namespace sluice::http
