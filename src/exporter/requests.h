// SPDX-License-Identifier: Apache-2.0
// Everything an exporting server answers: one row per request.
#pragma once

#include "xroot/server/handler.h"

namespace sluice::exporter {

const xroot::server::RequestTable& export_requests();

}  // namespace sluice::exporter
