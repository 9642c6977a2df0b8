// SPDX-License-Identifier: Apache-2.0
// The request table of a pool: from a row to its handler is one jump.
#include "pool/requests.h"

#include "disk/data_rows.h"
#include "xroot/server/connection_rows.h"
#include "xroot/server/standard_answers.h"

namespace sluice::pool {
namespace {

using xroot::server::on;

// Names are the door's business.
template <class Request>
Result<Reply> elsewhere(PoolService&, const Call& call, const Request&) {
  return back_to_door(*call.caller);
}

constexpr std::array pool_rows = {on<&open, &quick_open>(),
                                  on<&close>(),
                                  on<&stat>(),
                                  on<&truncate>(),
                                  on<&query>(),
                                  on<&fattr>(),
                                  on<&elsewhere<xroot::Statx>>(),
                                  on<&elsewhere<xroot::Dirlist>>(),
                                  on<&elsewhere<xroot::Mkdir>>(),
                                  on<&elsewhere<xroot::Rm>>(),
                                  on<&elsewhere<xroot::Rmdir>>(),
                                  on<&elsewhere<xroot::Mv>>(),
                                  on<&elsewhere<xroot::Chmod>>(),
                                  on<&elsewhere<xroot::Locate>>(),
                                  on<&elsewhere<xroot::Prepare>>()};

constexpr auto table =
    xroot::server::index_by_id(xroot::server::connection_rows, disk::data_rows, pool_rows);

}  // namespace

const xroot::server::RequestTable& pool_requests() { return table; }

Result<Reply> back_to_door(const xroot::server::Caller& caller) {
  if (caller.door.empty())
    return fail(Errc::unsupported, "a pool knows no names, ask the door that knows this pool");
  SLUICE_TRY(Endpoint door, parse_endpoint(caller.door));
  return xroot::server::redirect(door);
}

}  // namespace sluice::pool
