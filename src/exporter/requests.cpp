// SPDX-License-Identifier: Apache-2.0
// The request table of an exporting server: from a row to its handler is one jump.
#include "exporter/requests.h"

#include "disk/data_rows.h"
#include "exporter/metadata_rows.h"
#include "xroot/server/connection_rows.h"

namespace sluice::exporter {
namespace {

constexpr auto table = xroot::server::index_by_id(xroot::server::connection_rows, disk::data_rows,
                                                  name_rows, file_rows);

}  // namespace

const xroot::server::RequestTable& export_requests() { return table; }

}  // namespace sluice::exporter
