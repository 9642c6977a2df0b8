// SPDX-License-Identifier: Apache-2.0
// The rows of metadata_requests.h's handlers, for the table in requests.cpp.
#pragma once

#include "exporter/metadata_requests.h"
#include "xroot/server/on.h"

#include <array>

namespace sluice::exporter {

// Of names alone.
inline constexpr std::array name_rows = {
    xroot::server::on<&stat>(),  xroot::server::on<&statx>(), xroot::server::on<&dirlist>(),
    xroot::server::on<&mkdir>(), xroot::server::on<&rm>(),    xroot::server::on<&rmdir>(),
    xroot::server::on<&mv>(),    xroot::server::on<&chmod>(), xroot::server::on<&truncate>(),
    xroot::server::on<&fattr>(), xroot::server::on<&query>(), xroot::server::on<&prepare>()};

// Of files, and where they are.
inline constexpr std::array file_rows = {xroot::server::on<&open, &quick_open>(),
                                         xroot::server::on<&close>(), xroot::server::on<&locate>()};

}  // namespace sluice::exporter
