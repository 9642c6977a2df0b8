// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/shown_credential.h"

#include "base/crypto.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

using testing::ElementsAre;

std::string token(std::string_view claims) {
  return fmt::format("{}.{}.c2ln", base64url(as_bytes("{}")), base64url(as_bytes(claims)));
}

TEST(ShownToken, SaysWhatItsClaimsSay) {
  const auto shown = claims_of_token(token(
      R"({"iss":"https://a.org/","sub":"jane","wlcg.groups":["/cms",7],"scope":"storage.read:/ openid","exp":33000000000})"));
  EXPECT_FALSE(shown.has_value() && !shown->is_expired);  // beyond what is believed
  const auto good = claims_of_token(token(
      R"({"iss":"https://a.org/","sub":"jane","wlcg.groups":["/cms",7],"scope":"storage.read:/ openid","exp":4000000000})"));
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->identity.method, "ztn");
  EXPECT_EQ(good->identity.name, "jane");
  EXPECT_EQ(good->identity.token->issuer, "https://a.org/");
  EXPECT_THAT(good->identity.groups, ElementsAre("/cms"));
  EXPECT_THAT(good->scopes, ElementsAre("storage.read:/", "openid"));
  EXPECT_FALSE(good->is_expired);
  EXPECT_TRUE(claims_of_token(token("{}"))->is_expired);
}

TEST(ShownToken, RefusesWhatIsNone) {
  for (std::string text : {std::string(), std::string("a.b"), std::string("a.b.c.d"), token("[]"),
                           token("{"), std::string("a.!!!.c")})
    EXPECT_FALSE(claims_of_token(text).has_value()) << text;
}

TEST(ShownCertificate, NeedsOne) {
  EXPECT_FALSE(subject_of_certificate("").has_value());
  EXPECT_FALSE(
      subject_of_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
          .has_value());
}

}  // namespace
}  // namespace sluice::auth
