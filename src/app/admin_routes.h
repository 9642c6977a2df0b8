// SPDX-License-Identifier: Apache-2.0
// What operators may ask of a running server, over its local socket or, with a token, over HTTP. The commands for it are in
// running_commands.cpp, one row each.
#pragma once

#include "base/offload.h"
#include "catalogue/api.h"
#include "http/router.h"
#include "pool/movers/movers.h"
#include "pool/pool_service.h"
#include "pool/scrubber.h"
#include "xroot/server/service.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::app {

using Routes = std::vector<http::Route>;

inline constexpr std::string_view admin_prefix = "/admin/v1";

// Clients of these services: list them, end one. The services outlive the routes.
Routes connection_routes(std::vector<xroot::server::Service*> services);

// The movers and queues of a pool, and its files. All of it outlives the routes.
struct PoolAdmin {
  pool::Movers* movers = nullptr;
  catalogue::Catalogue* catalogue = nullptr;
  catalogue::PoolId pool;
  BlockingPool* blocking = nullptr;
  pool::PoolService* service = nullptr;
  const pool::Scrubber* scrubber = nullptr;
};
Routes pool_routes(const PoolAdmin& parts);

// Access control lists of a door's namespace. Both outlive the routes.
Routes acl_routes(catalogue::Catalogue& catalogue, BlockingPool& blocking);

// Queues as they were set in an earlier life of the pool. Blocks.
Status restore_queues(const PoolAdmin& parts);

// For HTTP clients that show the token; others are answered 401.
Routes with_token(Routes routes, const std::string& token);

}  // namespace sluice::app
