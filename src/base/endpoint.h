// SPDX-License-Identifier: Apache-2.0
// HOST:PORT as it stands in settings and on the command line: "127.0.0.1:1094", "[::1]:1094",
// "pool.example.org:1094",
// "*:1094" (every address of this machine). Port 0 lets the system choose when it is listened on.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

struct Endpoint {
  std::string host;  // without brackets; "*" for every address
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  bool is_any() const { return host == "*"; }
};

// Without `default_port` the port must be there.
Result<Endpoint> parse_endpoint(std::string_view text,
                                std::optional<std::uint16_t> default_port = {});

// The form that parse_endpoint() reads: IPv6 in brackets.
std::string to_text(const Endpoint& endpoint);

}  // namespace sluice
