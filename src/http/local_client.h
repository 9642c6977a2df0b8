// SPDX-License-Identifier: Apache-2.0
// A client for a server on a Unix socket. Blocks.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

// The body of the answer. Errors are those that the server tells; Errc::connection when none runs there, timed_out when it
// does not answer within `patience`.
Result<std::string> ask_local(const std::string& socket, std::string_view method,
                              std::string_view target, std::optional<Duration> patience);

}  // namespace sluice::http
