// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include <fmt/format.h>

namespace sluice::net {

namespace ip = asio::ip;

Result<Network> Network::parse(std::string_view text) {
  boost::system::error_code error;
  const std::string word(
      text.find('/') != std::string_view::npos
          ? std::string(text)
          : fmt::format("{}/{}", text, text.find(':') != std::string_view::npos ? 128 : 32));
  if (auto v4 = ip::make_network_v4(word, error); !error) return Network(v4.canonical());
  if (auto v6 = ip::make_network_v6(word, error); !error) return Network(v6.canonical());
  return fail(Errc::invalid_argument,
              fmt::format("\"{}\" is no network, such as 10.1.0.0/16", text));
}

bool Network::has(const ip::address& given) const {
  const ip::address address = unmapped(given);
  if (const auto* v4 = std::get_if<ip::network_v4>(&network_)) {
    return address.is_v4() &&
           ip::network_v4(address.to_v4(), v4->prefix_length()).canonical() == *v4;
  }
  const auto& v6 = std::get<ip::network_v6>(network_);
  return address.is_v6() && ip::network_v6(address.to_v6(), v6.prefix_length()).canonical() == v6;
}

ip::address unmapped(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

}  // namespace sluice::net
