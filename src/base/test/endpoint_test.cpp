// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Endpoint, forms) {
  struct Row {
    std::string_view text, host;
    std::uint16_t port;
  };
  for (const Row& row :
       {Row{"127.0.0.1:1094", "127.0.0.1", 1094}, Row{"[::1]:0", "::1", 0}, Row{"*:80", "*", 80},
        Row{"pool-1.example.org:65535", "pool-1.example.org", 65535},
        Row{"[fe80::1%eth0]:1", "fe80::1%eth0", 1}}) {
    auto endpoint = parse_endpoint(row.text);
    ASSERT_TRUE(endpoint) << row.text;
    EXPECT_EQ(endpoint->host, row.host);
    EXPECT_EQ(endpoint->port, row.port);
    EXPECT_EQ(to_text(*endpoint), row.text);
  }
}

TEST(Endpoint, default_port) {
  auto endpoint = parse_endpoint("[::1]", 1094);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->port, 1094);
  EXPECT_EQ(parse_endpoint("name", 7)->port, 7);
  EXPECT_EQ(parse_endpoint("name:8", 7)->port, 8);
}

TEST(Endpoint, refused) {
  for (std::string_view text :
       {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:8x", "::1:80", "[::1:80",
        "[::1]80", "[host]:80", "a b:80", "a/b:80", "1.2.3:80", "256.1.1.1:80", "**:80"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
  EXPECT_FALSE(parse_endpoint(std::string(254, 'a') + ":80"));
}

}  // namespace
}  // namespace sluice
