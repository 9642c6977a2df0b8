// SPDX-License-Identifier: Apache-2.0
#include "auth/gatekeeper.h"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

class GatekeeperTest : public testing::Test {
 protected:
  GatekeeperTest() {
    settings_.mapping.mapping = {"krb5 realm=A.ORG -> user=1001 group=1001 name=a"};
    keeper_ = Gatekeeper::make(settings_, true).value();
  }

  Result<std::string> name_of(const std::string& realm) const {
    Identity identity;
    identity.method = "krb5";
    identity.name = "jane@" + realm;
    identity.is_proven = true;
    auto admission = keeper_->admit(std::move(identity));
    if (!admission) return tl::unexpected<Error>(admission.error());
    return (*admission)->principal.is_anonymous ? "anonymous" : (*admission)->principal.name;
  }

  bool may_write() const {
    Principal who;
    who.name = "jane";
    return keeper_->access().check(who, Activity::upload, "/file").has_value();
  }

  Settings settings_;
  std::shared_ptr<Gatekeeper> keeper_;
};

TEST_F(GatekeeperTest, takes_over_rules_and_bans) {
  EXPECT_EQ(name_of("A.ORG"), "a");
  EXPECT_EQ(name_of("B.ORG"), "anonymous");
  settings_.mapping.mapping = {"krb5 realm=B.ORG -> user=1002 group=1002 name=b"};
  settings_.mapping.ban = {"krb5 realm=A.ORG"};
  ASSERT_TRUE(keeper_->reconfigure(settings_));
  EXPECT_EQ(name_of("A.ORG").error().code, Errc::not_authorized);
  EXPECT_EQ(name_of("B.ORG"), "b");
}

TEST_F(GatekeeperTest, takes_over_what_clients_may_do) {
  const Access& before = keeper_->access();
  EXPECT_TRUE(may_write());
  settings_.access.read_only = true;
  ASSERT_TRUE(keeper_->reconfigure(settings_));
  EXPECT_FALSE(may_write());
  // A request that still has the old one may end with it.
  EXPECT_TRUE(before.check({}, Activity::upload, "/file"));
}

TEST_F(GatekeeperTest, the_same_settings_change_nothing) {
  const Access* before = &keeper_->access();
  ASSERT_TRUE(keeper_->reconfigure(settings_));
  EXPECT_EQ(&keeper_->access(), before);
}

TEST_F(GatekeeperTest, with_a_mistake_everything_stays) {
  auto spoilt = [this](auto change) {
    Settings other = settings_;
    other.access.read_only = true;
    other.mapping.ban = {"krb5 realm=A.ORG"};
    change(other);
    return other;
  };
  const Settings wrong[] = {
      spoilt([](Settings& s) { s.mapping.mapping = {"krb5 realm=A.ORG"}; }),
      spoilt([](Settings& s) { s.mapping.ban = {"krb5 real=A.ORG"}; }),
      spoilt([](Settings& s) { s.access.read_paths = {"not/absolute"}; }),
      spoilt([](Settings& s) { s.access.anonymous_user = "1:2:3:x"; }),
      spoilt([](Settings& s) { s.token.strict = true; }),
      spoilt([](Settings& s) { s.token.issuers = {"no issuer"}; }),
  };
  for (const Settings& settings : wrong) {
    EXPECT_FALSE(keeper_->reconfigure(settings));
    EXPECT_TRUE(may_write());
    EXPECT_EQ(name_of("A.ORG"), "a");
    EXPECT_FALSE(keeper_->is_strict());
  }
}

TEST(Gatekeeper, strict_without_issuers_is_a_mistake) {
  Settings settings;
  settings.token.strict = true;
  EXPECT_EQ(Gatekeeper::make(settings, true).error().code, Errc::usage);
}

TEST(Gatekeeper, tokens_are_taken_over) {
  auto keeper = Gatekeeper::of_everybody();
  Settings settings;
  settings.token.strict = true;
  settings.token.issuers = {"name=a url=https://a.example/ jwks=/nowhere"};
  ASSERT_TRUE(keeper->reconfigure(settings));
  EXPECT_TRUE(keeper->is_strict() && keeper->takes_tokens());
}

}  // namespace
}  // namespace sluice::auth
