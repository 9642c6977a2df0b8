// SPDX-License-Identifier: Apache-2.0
// The request table of a door: from a row to its handler is one jump. Requests for data have no row: a door has none.
#include "door/requests.h"

#include "xroot/server/connection_rows.h"

namespace sluice::door {
namespace {

using xroot::server::on;

// A stand-in goes with its handle.
Result<Reply> close(DoorService&, const Call& call, const xroot::Close&) {
  if (call.file) return Reply{};
  return fail(Errc::not_open, "the handle is not that of an open file");
}

constexpr std::array door_rows = {on<&open, &quick_open>(),
                                  on<&close>(),
                                  on<&stat, &quick_stat>(),
                                  on<&statx>(),
                                  on<&locate>(),
                                  on<&prepare>(),
                                  on<&mkdir>(),
                                  on<&rm>(),
                                  on<&rmdir>(),
                                  on<&mv>(),
                                  on<&chmod>(),
                                  on<&truncate>(),
                                  on<&fattr>(),
                                  on<&dirlist>(),
                                  on<&query>()};

constexpr auto table = xroot::server::index_by_id(xroot::server::connection_rows, door_rows);

}  // namespace

const xroot::server::RequestTable& door_requests() { return table; }

}  // namespace sluice::door
