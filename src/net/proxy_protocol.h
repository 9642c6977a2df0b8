// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol of HAProxy, versions 1 and 2 (haproxy.org, proxy-protocol.txt of 2020): the
// first bytes of a connection, in which a load balancer in front of the service says who the client
// is. Pure decoding; whether a peer may send it is a decision of the listener, since the header is
// not authenticated.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <optional>

namespace sluice::net {

// The longest header of version 1 with its line end; of version 2 we take as much as addresses and
// extensions need that load balancers send (the format allows 65551 bytes).
inline constexpr std::size_t max_proxy_header_v1 = 107;
inline constexpr std::size_t max_proxy_header_v2 = 1024;

struct ProxyHeader {
  std::size_t size = 0;  // bytes of the header; the client's own bytes follow
  // The proxy speaks for itself (health check) or for a client whose address it does not know: the
  // addresses of the connection count, the ones below are empty.
  bool is_local = false;
  asio::ip::tcp::endpoint source;       // the client
  asio::ip::tcp::endpoint destination;  // what the client connected to
};

// Nothing when `bytes` are the beginning of a header; Errc::protocol when they are not or when it
// is malformed.
Result<std::optional<ProxyHeader>> decode_proxy_header(ByteView bytes);

}  // namespace sluice::net
