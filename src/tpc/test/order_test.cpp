// SPDX-License-Identifier: Apache-2.0
#include "tpc/order.h"

#include "xroot/server/session.h"

#include <gtest/gtest.h>

namespace sluice::tpc {
namespace {

Result<Order> order_of(const std::string& cgi, bool needs_tls = false) {
  xroot::server::Caller caller;
  caller.user = "jane";
  caller.pid = 7;
  return tpc::order_of("/target?" + cgi, caller, needs_tls);
}

std::string url_of(const std::string& cgi, bool needs_tls = false) {
  auto order = order_of(cgi, needs_tls);
  return order ? order->url : order.error().message();
}

TEST(Order, says_where_the_file_is_and_who_ordered_it) {
  auto order = order_of("tpc.src=h:1095&tpc.lfn=/a/b&tpc.key=k&tpc.stage=copy&oss.asize=7");
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(order->url, "root://h:1095//a/b?tpc.key=k&tpc.org=jane.7@unknown&tpc.stage=copy");
  EXPECT_EQ(order->source, "h:1095");
  EXPECT_EQ(order->user, "jane");
  EXPECT_EQ(order->token, "");
  EXPECT_FALSE(order->checksum);
}

TEST(Order, sources_have_users_ports_and_brackets) {
  const std::string rest = "&tpc.lfn=//f&tpc.key=k";
  EXPECT_TRUE(url_of("tpc.src=h" + rest).starts_with("root://h:1094//f?"));
  EXPECT_TRUE(url_of("tpc.src=joe@h:1" + rest).starts_with("root://h:1//f?"));
  EXPECT_TRUE(url_of("tpc.src=[2001:db8::1]:1" + rest).starts_with("root://[2001:db8::1]:1//f?"));
}

TEST(Order, tls_where_somebody_wants_it) {
  const std::string words = "tpc.src=h:1&tpc.lfn=/f&tpc.key=k";
  EXPECT_TRUE(url_of(words + "&tpc.spr=root").starts_with("root://"));
  EXPECT_TRUE(url_of(words + "&tpc.spr=roots").starts_with("roots://"));
  EXPECT_TRUE(url_of(words + "&tpc.spr=xroots").starts_with("roots://"));
  EXPECT_TRUE(url_of(words + "&tls.tpc=1").starts_with("roots://"));
  EXPECT_TRUE(url_of(words, true).starts_with("roots://"));
}

TEST(Order, the_source_sees_its_own_words_alone) {
  auto order = order_of(
      "authz=Bearer%20mine&tpc.src=h:1&tpc.lfn=/f&tpc.key=k&sluice.cap=x"
      "&tpc.scgi=authz=Bearer%20theirs\tx=y\ttpc.key=z\txrd.wantprot=unix\tsluice.cap=c\toss.space="
      "s");
  ASSERT_TRUE(order) << order.error().message();
  EXPECT_EQ(order->token, "theirs");
  EXPECT_EQ(
      order->url,
      "roots://h:1//f?authz=Bearer%20theirs&x=y&tpc.key=k&tpc.org=jane.7@unknown&tpc.stage=copy");
}

TEST(Order, checksums) {
  const std::string words = "tpc.src=h:1&tpc.lfn=/f&tpc.key=k&tpc.cks=";
  auto with_value = order_of(words + "adler32:0a1b2c3d"), without = order_of(words + "md5");
  ASSERT_TRUE(with_value && without);
  EXPECT_EQ(with_value->checksum->type, "adler32");
  EXPECT_EQ(with_value->checksum->value, "0a1b2c3d");
  EXPECT_EQ(without->checksum->type, "md5");
  EXPECT_EQ(without->checksum->value, "");
}

TEST(Order, a_token_needs_no_key) {
  EXPECT_EQ(url_of("tpc.src=h:1&tpc.lfn=/f&tpc.scgi=authz=Bearer%20t"),
            "roots://h:1//f?authz=Bearer%20t");
}

TEST(Order, words_that_are_wrong_are_named) {
  struct Row {
    std::string_view cgi, word;
  };
  for (const Row& row :
       {Row{"tpc.lfn=/f&tpc.key=k", "tpc.src"}, Row{"tpc.src=&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=h:0&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=*:1&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=h/x:1&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=a b:1&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=h?x:1&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=h:99999&tpc.lfn=/f&tpc.key=k", "tpc.src"},
        Row{"tpc.src=h:1&tpc.key=k", "tpc.lfn"}, Row{"tpc.src=h:1&tpc.lfn=f&tpc.key=k", "tpc.lfn"},
        Row{"tpc.src=h:1&tpc.lfn=/a/../f&tpc.key=k", "tpc.lfn"},
        Row{"tpc.src=h:1&tpc.lfn=/f", "tpc.key"},
        Row{"tpc.src=h:1&tpc.lfn=/f&tpc.key=k&tpc.cks=sum", "tpc.cks"}}) {
    auto order = order_of(std::string(row.cgi));
    ASSERT_FALSE(order) << row.cgi;
    EXPECT_EQ(order.error().code, Errc::invalid_argument) << row.cgi;
    EXPECT_NE(order.error().detail.find(row.word), std::string::npos) << order.error().detail;
  }
}

}  // namespace
}  // namespace sluice::tpc
