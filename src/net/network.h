// SPDX-License-Identifier: Apache-2.0
// A network in CIDR form, IPv4 or IPv6, and whether an address is in it.
#pragma once

#include "base/result.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <string_view>
#include <variant>

namespace sluice::net {

class Network {
 public:
  // "10.1.0.0/16", "2001:db8::/32", or one address. Errc::invalid_argument.
  static Result<Network> parse(std::string_view text);

  // An IPv4 address that came in as IPv6 ("::ffff:10.1.0.1") counts as what it is.
  bool has(const asio::ip::address& address) const;

 private:
  using Either = std::variant<asio::ip::network_v4, asio::ip::network_v6>;
  explicit Network(Either network) : network_(network) {}
  Either network_;
};

// The IPv4 address in "::ffff:a.b.c.d"; any other as it is.
asio::ip::address unmapped(const asio::ip::address& address);

}  // namespace sluice::net
