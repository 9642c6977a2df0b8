// SPDX-License-Identifier: Apache-2.0
#include "net/host_addresses.h"

#include <boost/asio/ip/tcp.hpp>
#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

namespace sluice::net {
namespace {

namespace ip = asio::ip;

constexpr std::size_t max_host = 255;

std::optional<ip::address> address_in(const ::sockaddr* from, std::size_t size) {
  ip::tcp::endpoint endpoint;
  if (from == nullptr || size > endpoint.capacity()) return {};
  if (from->sa_family != AF_INET && from->sa_family != AF_INET6) return {};
  std::memcpy(endpoint.data(), from, size);
  return plain(endpoint.address());
}

bool is_of_this_machine(const ip::address& address) {
  if (address.is_loopback()) return true;
  ::ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<::ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ::ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const bool is_v6 = one->ifa_addr->sa_family == AF_INET6;
    if (address_in(one->ifa_addr, is_v6 ? sizeof(::sockaddr_in6) : sizeof(::sockaddr_in)) ==
        address)
      return true;
  }
  return false;
}

}  // namespace

ip::address plain(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::vector<ip::address> addresses_of(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.size() > max_host) return {};
  boost::system::error_code no_address;
  const ip::address written = ip::make_address(host, no_address);
  if (!no_address) return {plain(written)};
  ::addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  ::addrinfo* list = nullptr;
  if (::getaddrinfo(std::string(host).c_str(), nullptr, &wanted, &list) != 0) return {};
  const std::unique_ptr<::addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<ip::address> out;
  for (const ::addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (auto address = address_in(one->ai_addr, one->ai_addrlen)) out.push_back(*address);
  }
  return out;
}

std::string name_of(const ip::address& address) {
  const ip::tcp::endpoint endpoint(plain(address), 0);
  std::array<char, NI_MAXHOST> name{};
  const int found =
      ::getnameinfo(endpoint.data(), static_cast<::socklen_t>(endpoint.size()), name.data(),
                    static_cast<::socklen_t>(name.size()), nullptr, 0, NI_NAMEREQD);
  return found == 0 ? std::string(name.data()) : plain(address).to_string();
}

bool is_address_of(std::string_view host, const ip::address& peer) {
  const auto addresses = addresses_of(host);
  const ip::address wanted = plain(peer);
  if (std::ranges::find(addresses, wanted) != addresses.end()) return true;
  return is_of_this_machine(wanted) && std::ranges::any_of(addresses, &is_of_this_machine);
}

}  // namespace sluice::net
