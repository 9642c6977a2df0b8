// SPDX-License-Identifier: Apache-2.0
// A client for a server on a Unix socket. Blocks.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace sluice::http {

// The body of the answer. Errors are those that the server tells, or Errc::connection when none runs there.
Result<std::string> ask_local(const std::string& socket, std::string_view method,
                              std::string_view target);

}  // namespace sluice::http
