// SPDX-License-Identifier: Apache-2.0
// The header of the PROXY protocol, as whoever reaches the port may send it: what is taken lies inside the input, and
// bytes behind a whole header change nothing.
#include "check.h"
#include "net/proxy_protocol.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  ByteView bytes = fuzz::view(data, size);
  auto header = net::decode_proxy_header(bytes);
  if (!header) return 0;
  if (!*header) {
    fuzz::check(size < net::max_proxy_header_v2);
    return 0;
  }
  const net::ProxyHeader& whole = **header;
  fuzz::check(whole.size <= size);
  ByteView own = bytes.first(whole.size);
  std::vector<std::byte> longer(own.begin(), own.end());
  longer.push_back(std::byte{'x'});
  auto again = net::decode_proxy_header(longer);
  fuzz::check(again && *again && (**again).size == whole.size && (**again).source == whole.source);
  return 0;
}
