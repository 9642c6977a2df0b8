// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include "base/units.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace sluice {
namespace {

constexpr std::size_t max_host = 253;  // RFC 1035, written without the final dot

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(Errc::invalid_argument,
              fmt::format("\"{}\" is not HOST:PORT: {}", text.substr(0, 300), why));
}

bool is_ipv6(std::string_view host) {
  std::string address(host.substr(0, host.find('%')));  // a zone such as %eth0 may follow
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

bool is_name_or_ipv4(std::string_view host) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  if (host.empty() || host.size() > max_host || !std::all_of(host.begin(), host.end(), good))
    return false;
  bool only_numbers = host.find_first_not_of("0123456789.") == std::string_view::npos;
  in_addr parsed{};
  return !only_numbers || ::inet_pton(AF_INET, std::string(host).c_str(), &parsed) == 1;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text, std::optional<std::uint16_t> default_port) {
  std::string_view host = text;
  std::string_view port;
  bool in_brackets = text.starts_with('[');
  if (in_brackets) {
    std::size_t end = text.find(']');
    if (end == std::string_view::npos) return refuse(text, "the bracket is not closed");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return refuse(text, "':' must follow the bracket");
  } else {
    std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
      host = text.substr(0, colon);
      port = text.substr(colon);
    }
    if (host.find(':') != std::string_view::npos)
      return refuse(text, "an IPv6 address needs brackets: [::1]:1094");
  }
  if (in_brackets ? !is_ipv6(host) : host != "*" && !is_name_or_ipv4(host)) {
    return refuse(text, "the host is neither a name nor an address nor '*'");
  }
  if (port.empty()) {
    if (!default_port) return refuse(text, "the port is missing");
    return Endpoint{std::string(host), *default_port};
  }
  auto number =
      parse_int<std::uint16_t>(port.substr(1), 0, std::numeric_limits<std::uint16_t>::max());
  if (!number) return refuse(text, "the port is not a number from 0 to 65535");
  return Endpoint{std::string(host), *number};
}

std::string to_text(const Endpoint& endpoint) {
  bool is_v6 = endpoint.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
               : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

}  // namespace sluice
