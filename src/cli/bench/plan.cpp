// SPDX-License-Identifier: Apache-2.0
// Everything that must not happen while the clock runs: name look-ups, building the data that
// writes send.
#include "cli/bench/plan.h"

#include <netdb.h>

#include <cstring>

namespace sluice::cli::bench {

namespace {

Result<Address> resolve(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(target.port);
  if (const int error = ::getaddrinfo(target.host.c_str(), port.c_str(), &hints, &found);
      error != 0) {
    return fail(Errc::connection, target.host + ": " + ::gai_strerror(error));
  }
  const Owned<addrinfo, &::freeaddrinfo> owner(found);
  Address address;
  std::memcpy(&address.bytes, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  return address;
}

}  // namespace

Status make_plan(const Workload& load, Plan& plan) {
  SLUICE_TRY(plan.load, checked(load));
  for (const std::string& url : plan.load.urls) {
    SLUICE_TRY(Target target, parse_target(url));
    SLUICE_TRY(const Address address, resolve(target));
    plan.targets.push_back(std::move(target));
    plan.addresses.push_back(address);
  }
  const bool writes = row_of(plan.load.mode).needs == Needs::file_to_write;
  if (writes || plan.load.verify) {
    SLUICE_TRY(plan.payload,
               Payload::create(plan.load.size.count, plan.load.mode == Mode::pgwrite));
  }
  return {};
}

}  // namespace sluice::cli::bench
