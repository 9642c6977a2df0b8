// SPDX-License-Identifier: Apache-2.0
#include "base/endpoint_range.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(EndpointRange, forms) {
  struct Row {
    std::string_view text, host;
    std::uint16_t first, last;
  };
  for (const Row& row :
       {Row{"*:33115-33145", "*", 33115, 33145},
        Row{"pool-1.example.org:20000-25000", "pool-1.example.org", 20000, 25000},
        Row{"[::1]:1-65535", "::1", 1, 65535}, Row{"127.0.0.1:1094", "127.0.0.1", 1094, 1094},
        Row{"pool-1:0", "pool-1", 0, 0}}) {
    auto range = parse_endpoint_range(row.text);
    ASSERT_TRUE(range) << row.text;
    EXPECT_EQ(range->first, (Endpoint{std::string(row.host), row.first}));
    EXPECT_EQ(range->last, row.last);
    EXPECT_EQ(to_text(*range), row.text);
    EXPECT_EQ(range->is_range(), row.first != row.last);
  }
}

TEST(EndpointRange, one_port_is_no_range) {
  EXPECT_EQ(to_text(*parse_endpoint_range("host:80-80")), "host:80");
}

TEST(EndpointRange, default_port) {
  EXPECT_EQ(parse_endpoint_range("pool-1", 7)->first.port, 7);
  EXPECT_EQ(parse_endpoint_range("pool-1", 7)->last, 7);
  EXPECT_FALSE(parse_endpoint_range("pool-1"));
}

TEST(EndpointRange, refused) {
  for (std::string_view text :
       {"host:90-80", "host:0-80", "host:80-", "host:-80", "host:-", "host:80-90-100",
        "host:80-65536", "host:80-9x", "host:80 - 90", ":80-90", "80-90", "::1:80-90"}) {
    EXPECT_FALSE(parse_endpoint_range(text)) << text;
  }
}

TEST(EndpointRange, a_list_of_settings) {
  EXPECT_TRUE(check_endpoint_ranges({"*:1-2", "host", "[::1]:80"}));
  EXPECT_FALSE(check_endpoint_ranges({"*:1-2", "*:2-1"}));
}

}  // namespace
}  // namespace sluice
