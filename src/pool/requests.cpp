// SPDX-License-Identifier: Apache-2.0
// The request table of an exporting server: from a row to its handler is one jump.
#include "pool/requests.h"

#include "pool/data_requests.h"
#include "pool/metadata_rows.h"
#include "xroot/server/connection_rows.h"

namespace sluice::pool {

using xroot::server::on;

namespace {

constexpr std::array data_rows = {on<&read>(),   on<&readv>(),   on<&pgread>(), on<&write>(),
                                  on<&writev>(), on<&pgwrite>(), on<&sync>()};
constexpr auto table =
    xroot::server::index_by_id(xroot::server::connection_rows, data_rows, metadata_rows);

}  // namespace

const xroot::server::RequestTable& export_requests() { return table; }

}  // namespace sluice::pool
