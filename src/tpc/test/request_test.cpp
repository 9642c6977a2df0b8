// SPDX-License-Identifier: Apache-2.0
#include "tpc/request.h"

#include <gtest/gtest.h>

namespace sluice::tpc {
namespace {

struct Row {
  std::string_view cgi;
  bool writes;
  Part part;
};

class RequestPart : public testing::TestWithParam<Row> {};

TEST_P(RequestPart, is_told_by_the_words) {
  auto request = request_of("/file?" + std::string(GetParam().cgi), GetParam().writes);
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->part, GetParam().part);
}

INSTANTIATE_TEST_SUITE_P(
    All, RequestPart,
    testing::Values(Row{"", false, Part::none}, Row{"authz=x", true, Part::none},
                    Row{"tpc.stage=placement", false, Part::placement},
                    Row{"authz=x&tpc.stage=placement", false, Part::placement},
                    Row{"tpc.dst=d&tpc.key=k&tpc.stage=copy", false, Part::announcement},
                    Row{"tpc.dst=d&tpc.key=k&tpc.ttl=7", false, Part::announcement},
                    Row{"tpc.key=k&tpc.org=u.1@h", false, Part::fetch},
                    Row{"tpc.key=k&tpc.org=u.1@h&authz=", false, Part::fetch},
                    Row{"tpc.key=k&tpc.org=u.1@h&authz=Bearer%20x", false, Part::none},
                    Row{"tpc.key=k", false, Part::none},
                    Row{"tpc.stage=copy&tpc.key=k&tpc.src=s:1094", true, Part::order},
                    Row{"tpc.key=delegate&tpc.src=s:1094", true, Part::order},
                    Row{"tpc.stage=placement", true, Part::none}));

TEST(Request, words_that_do_not_fit_together) {
  for (std::string_view cgi : {"tpc.key=k&tpc.dst=d&tpc.org=u.1@h", "tpc.dst=d", "tpc.org=u.1@h"}) {
    auto request = request_of("/file?" + std::string(cgi), false);
    ASSERT_FALSE(request) << cgi;
    EXPECT_EQ(request.error().code, Errc::invalid_argument);
  }
}

TEST(Request, has_the_words) {
  auto request = request_of("/f?tpc.dst=[::1]&tpc.key=0123&tpc.stage=copy&tpc.ttl=15", false);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->key, "0123");
  EXPECT_EQ(request->destination, "[::1]");
  EXPECT_EQ(request->lifetime, std::chrono::seconds(15));
  for (std::string_view ttl : {"", "0", "-1", "x", "99999999999999999999"}) {
    auto odd = request_of("/f?tpc.dst=d&tpc.key=k&tpc.ttl=" + std::string(ttl), false);
    ASSERT_TRUE(odd) << ttl;
    EXPECT_FALSE(odd->lifetime) << ttl;
  }
}

TEST(Request, bounds) {
  const std::string fits(128, 'k');
  EXPECT_TRUE(request_of("/f?tpc.dst=d&tpc.key=" + fits, false));
  EXPECT_EQ(request_of("/f?tpc.dst=d&tpc.key=k" + fits, false).error().code, Errc::too_long);
  EXPECT_FALSE(request_of("/f?tpc.key=k&tpc.dst=" + std::string(256, 'd'), false));
  EXPECT_FALSE(request_of("/f?tpc.key=k&tpc.org=" + std::string(513, 'o'), false));
}

TEST(Request, a_name_is_no_cgi) {
  EXPECT_FALSE(is_third_party("/tpc.key/tpc.dst"));
  EXPECT_FALSE(is_third_party("/file?x=y"));
  EXPECT_TRUE(is_third_party("/file?x=y&tpc.key=k"));
}

}  // namespace
}  // namespace sluice::tpc
