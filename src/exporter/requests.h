// SPDX-License-Identifier: Apache-2.0
// Everything an exporting server answers, alone or in front of nodes: one row per request.
#pragma once

#include "xroot/server/handler.h"

namespace sluice::exporter {

const xroot::server::RequestTable& export_requests();
const xroot::server::RequestTable& nodes_requests();

}  // namespace sluice::exporter
