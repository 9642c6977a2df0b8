// SPDX-License-Identifier: Apache-2.0
#include "net/host_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using asio::ip::make_address;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(HostAddresses, an_address_is_its_own_name) {
  EXPECT_THAT(addresses_of("192.0.2.1"), ElementsAre(make_address("192.0.2.1")));
  EXPECT_THAT(addresses_of("[2001:db8::1]"), ElementsAre(make_address("2001:db8::1")));
  EXPECT_THAT(addresses_of("2001:db8::1"), ElementsAre(make_address("2001:db8::1")));
  EXPECT_THAT(addresses_of("[::ffff:192.0.2.1]"), ElementsAre(make_address("192.0.2.1")));
}

TEST(HostAddresses, names_are_looked_up) {
  EXPECT_THAT(addresses_of("localhost"), Contains(make_address("127.0.0.1")));
  EXPECT_TRUE(is_address_of("localhost", make_address("127.0.0.1")));
  EXPECT_TRUE(is_address_of("localhost", make_address("::ffff:127.0.0.1")));
}

TEST(HostAddresses, addresses_have_names) {
  EXPECT_THAT(addresses_of(name_of(make_address("::ffff:127.0.0.1"))),
              Contains(make_address("127.0.0.1")));
  EXPECT_EQ(name_of(make_address("192.0.2.1")), "192.0.2.1");
}

TEST(HostAddresses, this_machine_is_one) {
  EXPECT_TRUE(is_address_of("127.0.1.1", make_address("127.0.0.1")));
  EXPECT_TRUE(is_address_of("localhost", make_address("::1")));
  EXPECT_FALSE(is_address_of("192.0.2.1", make_address("127.0.0.1")));
  EXPECT_FALSE(is_address_of("localhost", make_address("192.0.2.1")));
}

TEST(HostAddresses, what_is_no_host_has_none) {
  for (std::string_view host : {"", "[]", "no.such.host.invalid", "a b", "192.0.2.1:1094"}) {
    EXPECT_THAT(addresses_of(host), IsEmpty()) << host;
    EXPECT_FALSE(is_address_of(host, make_address("127.0.0.1"))) << host;
  }
  EXPECT_THAT(addresses_of(std::string(300, 'a')), IsEmpty());
}

}  // namespace
}  // namespace sluice::net
