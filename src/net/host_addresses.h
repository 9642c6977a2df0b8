// SPDX-License-Identifier: Apache-2.0
// Whether somebody who connects is who is meant by a name. The name is looked up, never the address: whoever owns an address
// decides what that is called.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

namespace asio = boost::asio;

// Without the form that IPv4 has inside IPv6 (::ffff:192.0.2.1).
asio::ip::address plain(const asio::ip::address& address);

// All addresses of a host name, or the one that it says itself ("192.0.2.1", "[2001:db8::1]"); none if nobody knows it. May
// block for as long as the system's resolver takes.
std::vector<asio::ip::address> addresses_of(std::string_view host);

// What the system calls this address, else the address. May block. Good for words that others compare, not for decisions.
std::string name_of(const asio::ip::address& address);

// May block. Names of this machine are names of all its addresses, loopback among them.
bool is_address_of(std::string_view host, const asio::ip::address& peer);

}  // namespace sluice::net
