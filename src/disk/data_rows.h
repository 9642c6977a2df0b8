// SPDX-License-Identifier: Apache-2.0
// The rows of data_requests.h's handlers, for the table of every role that serves files of this machine's disk.
#pragma once

#include "disk/data_requests.h"
#include "xroot/server/on.h"

#include <array>

namespace sluice::disk {

inline constexpr std::array data_rows = {
    xroot::server::on<&read>(),  xroot::server::on<&readv>(),    xroot::server::on<&pgread>(),
    xroot::server::on<&write>(), xroot::server::on<&writev>(),   xroot::server::on<&pgwrite>(),
    xroot::server::on<&sync>(),  xroot::server::on<&chkpoint>(), xroot::server::on<&clone>()};

}  // namespace sluice::disk
