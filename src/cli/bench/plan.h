// SPDX-License-Identifier: Apache-2.0
// What all threads of a run share. Built before they start; afterwards only the stop sign changes.
#pragma once

#include "cli/bench/payload.h"
#include "cli/bench/workload.h"
#include "net/tls_context.h"

#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace sluice::cli::bench {

struct Address {
  std::string host;  // as it was asked for, without brackets
  std::uint16_t port = 0;
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

struct Plan {
  Workload load;
  std::vector<Target> targets;            // one per URL; connections are dealt over them
  std::vector<Address> addresses;         // of the targets
  std::shared_ptr<net::ClientTls> trust;  // for roots:// URLs; null: all in clear
  Payload payload;                        // empty unless something is written or verified
  std::atomic<bool> given_up = false;

  const Target& target(unsigned index) const { return targets[index % targets.size()]; }
  const Address& address(unsigned index) const { return addresses[index % addresses.size()]; }
};

// Where a server listens.
Result<Address> resolve(const std::string& host, std::uint16_t port);

// Checks the workload, resolves the hosts and builds the payload.
Status make_plan(const Workload& load, Plan& plan);

}  // namespace sluice::cli::bench
