// SPDX-License-Identifier: Apache-2.0
// Everything that must not happen while the clock runs: name look-ups, building the data that
// writes send.
#include "cli/bench/plan.h"

#include <netdb.h>

#include <cstring>

namespace sluice::cli::bench {

Result<Address> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  // An address in a URL may have brackets.
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
  if (const int error = ::getaddrinfo(name.c_str(), service.c_str(), &hints, &found); error != 0) {
    return fail(Errc::connection, host + ": " + ::gai_strerror(error));
  }
  const Owned<addrinfo, &::freeaddrinfo> owner(found);
  Address address;
  address.host = name;
  address.port = port;
  std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  return address;
}

Status make_plan(const Workload& load, Plan& plan) {
  SLUICE_TRY(plan.load, checked(load));
  for (const std::string& url : plan.load.urls) {
    SLUICE_TRY(Target target, parse_target(url));
    SLUICE_TRY(const Address address, resolve(target.host, target.port));
    if (!plan.targets.empty() && plan.targets.front().tls != target.tls)
      return fail(Errc::usage, "all URLs with TLS, or none");
    if (target.tls && !plan.trust)
      plan.trust = std::make_shared<net::ClientTls>("", std::chrono::hours(1), !load.new_sessions);
    plan.targets.push_back(std::move(target));
    plan.addresses.push_back(address);
  }
  const Needs needs = row_of(plan.load.mode).needs;
  const bool writes = needs == Needs::file_to_write || needs == Needs::new_file;
  if (writes || plan.load.verify) {
    SLUICE_TRY(plan.payload,
               Payload::create(plan.load.size.count, plan.load.mode == Mode::pgwrite));
  }
  return {};
}

}  // namespace sluice::cli::bench
