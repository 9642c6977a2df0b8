// SPDX-License-Identifier: Apache-2.0
#include "net/proxy_protocol.h"

#include "base/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace sluice::net {
namespace {

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + " " + std::to_string(endpoint.port());
}

// Decodes, and checks on the way that every shorter piece wants more.
Result<std::optional<ProxyHeader>> decode(std::string_view text) {
  auto whole = decode_proxy_header(as_bytes(text));
  if (whole && *whole) {
    for (std::size_t n = 0; n < (*whole)->size; ++n) {
      auto part = decode_proxy_header(as_bytes(text.substr(0, n)));
      EXPECT_TRUE(part && !*part) << n;
    }
    EXPECT_LE((*whole)->size, text.size());
  }
  return whole;
}

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string v4_addresses("\xc0\x00\x02\x01\xc6\x33\x64\x02\x9c\x40\x04\x46",
                               12);  // 192.0.2.1:40000, 198.51.100.2:1094

// A header of version 2 with its length filled in.
std::string v2(char command, char family, const std::string& rest) {
  std::string out = signature + command + family;
  out += static_cast<char>(rest.size() >> 8);
  out += static_cast<char>(rest.size() & 0xff);
  return out + rest;
}

std::string extension(char type, const std::string& value) {
  std::string out(1, type);
  out += static_cast<char>(value.size() >> 8);
  out += static_cast<char>(value.size() & 0xff);
  return out + value;
}

TEST(ProxyV1, tcp4) {
  std::string line = "PROXY TCP4 192.0.2.1 198.51.100.2 40000 1094\r\n";
  auto header = decode(line + "rest of the client");
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->size, line.size());
  EXPECT_FALSE((*header)->is_local);
  EXPECT_EQ(text_of((*header)->source), "192.0.2.1 40000");
  EXPECT_EQ(text_of((*header)->destination), "198.51.100.2 1094");
}

TEST(ProxyV1, tcp6) {
  auto header = decode("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n");
  ASSERT_TRUE(header && *header);
  EXPECT_EQ(text_of((*header)->source), "2001:db8::1 0");
  EXPECT_EQ(text_of((*header)->destination), "::1 65535");
}

TEST(ProxyV1, unknown_is_local_whatever_follows) {
  for (std::string_view line : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
                                "PROXY UNKNOWN   rubbish\r\n"}) {
    auto header = decode(line);
    ASSERT_TRUE(header && *header) << line;
    EXPECT_TRUE((*header)->is_local);
    EXPECT_EQ((*header)->size, line.size());
  }
}

TEST(ProxyV1, longest_line) {
  std::string all = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  std::string line = "PROXY UNKNOWN " + all + " " + all + " 65535 65535\r\n";
  EXPECT_EQ(line.size(), max_proxy_header_v1);
  EXPECT_TRUE(*decode(line));
  EXPECT_FALSE(decode("PROXY UNKNOWN  " + all + " " + all + " 65535 65535\r\n"));
  EXPECT_FALSE(decode("PROXY " + std::string(200, 'x')));
}

TEST(ProxyV1, malformed) {
  for (std::string_view line :
       {"GET / HTTP/1.1\r\n", "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "PROXYTCP4", "PROXY \r\n",
        "PROXY TCP4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4 1.2.3.4\rx",
        "PROXY TCP6 fe80::1%lo ::1 1 2\r\n", "PROXY TCP4 host 1.2.3.4 1 2\r\n"}) {
    auto header = decode(line);
    EXPECT_FALSE(header) << line;
    if (!header) EXPECT_EQ(header.error().code, Errc::protocol);
  }
}

TEST(ProxyV2, tcp4) {
  std::string bytes = v2('\x21', '\x11', v4_addresses);
  auto header = decode(bytes + "rest");
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->size, 28U);
  EXPECT_EQ(text_of((*header)->source), "192.0.2.1 40000");
  EXPECT_EQ(text_of((*header)->destination), "198.51.100.2 1094");
}

TEST(ProxyV2, tcp6) {
  std::string addresses = std::string(15, '\0') + "\x01" + std::string(15, '\0') + "\x02" +
                          std::string("\x00\x01\xff\xff", 4);
  auto header = decode(v2('\x21', '\x21', addresses));
  ASSERT_TRUE(header && *header);
  EXPECT_EQ((*header)->size, 52U);
  EXPECT_EQ(text_of((*header)->source), "::1 1");
  EXPECT_EQ(text_of((*header)->destination), "::2 65535");
}

TEST(ProxyV2, local_unknown_and_unix) {
  for (const std::string& bytes :
       {v2('\x20', '\0', ""), v2('\x20', '\x11', v4_addresses), v2('\x21', '\0', ""),
        v2('\x21', '\0', "rubbish"), v2('\x21', '\x31', std::string(216, 'p'))}) {
    auto header = decode(bytes);
    ASSERT_TRUE(header && *header);
    EXPECT_TRUE((*header)->is_local);
    EXPECT_EQ((*header)->size, bytes.size());
  }
}

TEST(ProxyV2, extensions_and_checksum) {
  EXPECT_TRUE(*decode(v2('\x21', '\x11', v4_addresses + extension(1, "h2") + extension(4, ""))));
  std::string bytes =
      v2('\x21', '\x11', v4_addresses + extension(3, std::string(4, '\0')) + extension(4, "pad"));
  std::uint32_t sum = crc32c(as_bytes(bytes));
  for (std::size_t i = 0; i < 4; ++i) bytes[31 + i] = static_cast<char>(sum >> (24 - 8 * i));
  EXPECT_TRUE(*decode(bytes));
  bytes.back() = 'x';
  EXPECT_FALSE(decode(bytes));
}

TEST(ProxyV2, malformed) {
  for (const std::string& bytes :
       {v2('\x11', '\x11', v4_addresses),                // version 1
        v2('\x22', '\x11', v4_addresses),                // unknown command
        v2('\x21', '\x12', v4_addresses),                // datagrams
        v2('\x21', '\x41', v4_addresses),                // unknown family
        v2('\x21', '\x11', v4_addresses.substr(0, 11)),  // short address
        v2('\x21', '\x21', v4_addresses),
        v2('\x21', '\x31', v4_addresses),           // IPv4 in place of a longer one
        v2('\x21', '\x11', v4_addresses + "\x01"),  // an extension without length
        v2('\x21', '\x11',
           v4_addresses + std::string("\x01\x00\x05"
                                      "abc",
                                      6)),                       // longer than the header
        v2('\x21', '\x11', v4_addresses + extension(3, "abc")),  // short checksum
        v2('\x21', '\x11', v4_addresses + std::string(max_proxy_header_v2, '\0')),  // too long
        std::string("\r\n\r\n\0\r\nQUIX", 11)}) {
    EXPECT_FALSE(decode(bytes)) << testing::PrintToString(bytes);
  }
}

TEST(ProxyV2, too_long_is_refused_before_it_has_arrived) {
  std::string bytes = signature + std::string("\x21\x11\xff\xff", 4);
  EXPECT_FALSE(decode_proxy_header(as_bytes(bytes)));
}

RC_GTEST_PROP(Proxy, never_reads_past_its_input, (const std::string& rest, bool is_v2)) {
  std::string bytes = (is_v2 ? signature + '\x21' : "PROXY TCP4 ") + rest;
  auto header = decode_proxy_header(as_bytes(bytes));
  RC_ASSERT(!header || !*header || (*header)->size <= bytes.size());
}

}  // namespace
}  // namespace sluice::net
