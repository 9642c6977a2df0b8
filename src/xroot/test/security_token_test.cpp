// SPDX-License-Identifier: Apache-2.0
// The list of authentication methods as doors send it.
#include "xroot/security_token.h"

#include <gtest/gtest.h>

namespace sluice::xroot {
namespace {

TEST(SecurityToken, keepsTheOrderOfTrial) {
  constexpr std::string_view text =
      "&P=ztn,0:4096:&P=gsi,v:10600,c:ssl,ca:b9c2134a.0|8aca69b1.0&P=unix";
  const auto offers = parse_security_token(text);
  ASSERT_TRUE(offers);
  const std::vector<SecurityOffer> expected = {
      {"ztn", "0:4096:"}, {"gsi", "v:10600,c:ssl,ca:b9c2134a.0|8aca69b1.0"}, {"unix", ""}};
  EXPECT_EQ(*offers, expected);
  EXPECT_EQ(build_security_token(*offers), text);
}

TEST(SecurityToken, emptyMeansNoAuthentication) {
  EXPECT_TRUE(parse_security_token("")->empty());
  EXPECT_EQ(build_security_token({}), "");
}

TEST(SecurityToken, parametersMayHoldAnAmpersand) {
  EXPECT_EQ(parse_security_token("&P=x,a&b&P=y")->front().parameters, "a&b");
}

TEST(SecurityToken, refusesWhatIsNone) {
  for (std::string_view text : {"P=unix", "hello", "&P=", "&P=,a", "&P=toolongname"}) {
    const auto offers = parse_security_token(text);
    ASSERT_FALSE(offers) << text;
    EXPECT_EQ(offers.error().code, Errc::protocol) << text;
  }
  EXPECT_EQ(parse_security_token("&P=x," + std::string(max_security_token, 'a')).error().code,
            Errc::too_long);
}

}  // namespace
}  // namespace sluice::xroot
