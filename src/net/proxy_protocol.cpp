// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.h"

#include "base/checksum.h"
#include "base/text.h"
#include "base/units.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace sluice::net {
namespace {

using asio::ip::tcp;
using Decoded = Result<std::optional<ProxyHeader>>;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_fixed = 16;  // signature, version and command, family, length

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(Errc::protocol, "PROXY header: " + std::string(what));
}

// ---- Version 1: one line of text.

Result<tcp::endpoint> v1_endpoint(std::string_view address, std::string_view port, bool is_v6) {
  boost::system::error_code error;
  auto parsed = asio::ip::make_address(std::string(address), error);
  if (error || parsed.is_v6() != is_v6 || address.find('%') != std::string_view::npos)
    return malformed("wrong address");
  auto number = parse_int<std::uint16_t>(port, 0, 65535);
  bool has_zeros = port.size() > 1 && port.front() == '0';  // forbidden: some read them as octal
  if (!number || has_zeros) return malformed("wrong port");
  return tcp::endpoint(parsed, *number);
}

Decoded decode_v1(ByteView bytes) {
  std::string_view text = as_text(bytes).substr(0, max_proxy_header_v1);
  std::size_t end = text.find("\r\n");
  if (end == std::string_view::npos) {
    if (text.size() == max_proxy_header_v1) return malformed("line is too long");
    if (text.substr(0, text.size() - 1).find('\r') != std::string_view::npos)
      return malformed("wrong line end");
    return std::nullopt;
  }
  ProxyHeader header;
  header.size = end + 2;
  std::vector<std::string_view> words = split(text.substr(0, end), ' ');
  if (words[1] == "UNKNOWN") {  // whatever follows is to be ignored
    header.is_local = true;
    return header;
  }
  bool is_v6 = words[1] == "TCP6";
  if ((!is_v6 && words[1] != "TCP4") || words.size() != 6) return malformed("wrong line");
  SLUICE_TRY(header.source, v1_endpoint(words[2], words[4], is_v6));
  SLUICE_TRY(header.destination, v1_endpoint(words[3], words[5], is_v6));
  return header;
}

// ---- Version 2: 16 fixed bytes, addresses, extensions (type, length, value).

template <class Address>
Address v2_address(Reader& in) {
  typename Address::bytes_type raw{};
  ByteView bytes = in.take(raw.size());
  std::transform(bytes.begin(), bytes.end(), raw.begin(),
                 [](std::byte b) { return std::to_integer<unsigned char>(b); });
  return Address(raw);
}

template <class Address>
void v2_addresses(Reader& in, ProxyHeader& header) {
  auto source = v2_address<Address>(in);
  auto destination = v2_address<Address>(in);
  header.source = {source, in.be<std::uint16_t>()};
  header.destination = {destination, in.be<std::uint16_t>()};
}

// The checksum of the whole header, computed with zeros in its own place.
bool checksum_agrees(ByteView header, ByteView value) {
  constexpr std::array<std::byte, 4> zeros{};
  auto at = static_cast<std::size_t>(value.data() - header.data());
  std::uint32_t sum = crc32c(header.first(at));
  sum = crc32c(zeros, sum);
  sum = crc32c(header.subspan(at + zeros.size()), sum);
  return sum == load_be<std::uint32_t>(value.first<4>());
}

Status check_extensions(ByteView header, Reader in) {
  constexpr std::uint8_t type_crc32c = 3;
  while (!in.empty()) {
    auto type = in.be<std::uint8_t>();
    auto length = in.be<std::uint16_t>();
    ByteView value = in.take(length);
    if (in.failed()) return malformed("an extension is cut off");
    if (type != type_crc32c) continue;
    if (value.size() != 4 || !checksum_agrees(header, value))
      return malformed("checksum does not match");
  }
  return {};
}

Decoded decode_v2(ByteView bytes) {
  if (bytes.size() < v2_fixed) return std::nullopt;
  Reader fixed(bytes.subspan(v2_start.size(), v2_fixed - v2_start.size()));
  auto version_and_command = fixed.be<std::uint8_t>();
  auto family = fixed.be<std::uint8_t>();
  auto length = fixed.be<std::uint16_t>();
  constexpr std::uint8_t local = 0x20, proxy = 0x21;
  if (version_and_command != local && version_and_command != proxy)
    return malformed("unknown version or command");
  ProxyHeader header;
  header.size = v2_fixed + length;
  if (header.size > max_proxy_header_v2) return malformed("is too long");
  if (bytes.size() < header.size) return std::nullopt;
  ByteView whole = bytes.first(header.size);
  Reader rest(whole.subspan(v2_fixed));
  if (version_and_command == local) {
    header.is_local = true;
    return header;
  }
  switch (family) {
    case 0x11:
      v2_addresses<asio::ip::address_v4>(rest, header);
      break;
    case 0x21:
      v2_addresses<asio::ip::address_v6>(rest, header);
      break;
    case 0x31:  // a Unix socket at the proxy: two paths of 108 bytes that mean nothing here
      rest.take(216);
      header.is_local = true;
      break;
    case 0x00:
      header.is_local = true;
      return header;  // the rest is to be ignored
    default:
      return malformed("not a stream");
  }
  if (rest.failed()) return malformed("addresses are cut off");
  SLUICE_CHECK(check_extensions(whole, rest));
  return header;
}

bool may_start_with(std::string_view start, ByteView bytes) {
  std::string_view text = as_text(bytes);
  return text.substr(0, start.size()) == start.substr(0, text.size());
}

}  // namespace

Decoded decode_proxy_header(ByteView bytes) {
  if (may_start_with(v1_start, bytes))
    return bytes.size() < v1_start.size() ? Decoded(std::nullopt) : decode_v1(bytes);
  if (may_start_with(v2_start, bytes)) return decode_v2(bytes);
  return malformed("is missing");
}

}  // namespace sluice::net
