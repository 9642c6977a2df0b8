// SPDX-License-Identifier: Apache-2.0
// The rows of metadata_requests.h's handlers, for the table in requests.cpp.
#pragma once

#include "exporter/metadata_requests.h"
#include "xroot/server/on.h"

#include <array>

namespace sluice::exporter {

inline constexpr std::array metadata_rows = {
    xroot::server::on<&stat>(),  xroot::server::on<&statx>(),    xroot::server::on<&open>(),
    xroot::server::on<&close>(), xroot::server::on<&dirlist>(),  xroot::server::on<&mkdir>(),
    xroot::server::on<&rm>(),    xroot::server::on<&rmdir>(),    xroot::server::on<&mv>(),
    xroot::server::on<&chmod>(), xroot::server::on<&truncate>(), xroot::server::on<&fattr>(),
    xroot::server::on<&query>(), xroot::server::on<&locate>(),   xroot::server::on<&prepare>()};

}  // namespace sluice::exporter
