// SPDX-License-Identifier: Apache-2.0
// HOST:PORT or HOST:FIRST-LAST as addresses to listen on stand in settings: of a range one port is taken that is free.
// Firewalls open ranges.
#pragma once

#include "base/endpoint.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct EndpointRange {
  Endpoint first;
  std::uint16_t last = 0;  // of the ports; that of `first` where there is only one

  bool operator==(const EndpointRange&) const = default;
  bool is_range() const { return last != first.port; }
};

// Errc::invalid_argument says what is wrong. Without `default_port` the port must be there.
Result<EndpointRange> parse_endpoint_range(std::string_view text,
                                           std::optional<std::uint16_t> default_port = {});

// The form that parse_endpoint_range() reads.
std::string to_text(const EndpointRange& range);

// For settings: each of the texts is an address to listen on.
Status check_endpoint_ranges(const std::vector<std::string>& texts);

}  // namespace sluice
