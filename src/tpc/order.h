// SPDX-License-Identifier: Apache-2.0
// What a destination is told to fetch, from the CGI of the open that makes the file.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::xroot::server {
struct Caller;
}

namespace sluice::tpc {

struct Order {
  std::string url;     // of the source, with what it wants to be shown
  std::string source;  // HOST:PORT, for people
  std::string user;    // as the orchestrator calls itself
  std::string token;   // a bearer token for the source; empty: the key is all there is
  struct Checksum {
    std::string type;
    std::string value;  // empty: the source is asked
  };
  std::optional<Checksum> checksum;
};

// May block, for the name of the orchestrator's host. `needs_tls`: whatever the orchestrator says, the source has to have TLS. Errc::invalid_argument names the word that is wrong.
Result<Order> order_of(std::string_view wire, const xroot::server::Caller& orchestrator,
                       bool needs_tls);

}  // namespace sluice::tpc
