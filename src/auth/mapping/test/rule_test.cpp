// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/rule.h"

#include "auth/mapping/pattern.h"
#include "auth/mapping/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Identity of(std::string method, std::string name, bool is_proven = true) {
  Identity out;
  out.method = std::move(method);
  out.name = std::move(name);
  out.is_proven = is_proven;
  return out;
}

std::string mistake(std::string_view text) {
  auto rule = Rule::parse(text);
  if (rule) return "accepted";
  EXPECT_EQ(rule.error().code, Errc::invalid_argument);
  return rule.error().detail;
}

std::string ban_mistake(std::string_view text) {
  auto rule = Rule::parse_ban(text);
  return rule ? "accepted" : rule.error().detail;
}

TEST(Pattern, StarStandsForAnything) {
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("", "**"));
  EXPECT_TRUE(matches_pattern("/cms/Role=production", "/cms/*"));
  EXPECT_TRUE(matches_pattern("/cms/a/b", "/cms/*/b"));
  EXPECT_TRUE(matches_pattern("aaab", "*ab"));
  EXPECT_TRUE(matches_pattern("abab", "a*b*b"));
  EXPECT_FALSE(matches_pattern("/cmsevil", "/cms/*"));
  EXPECT_FALSE(matches_pattern("a", ""));
  EXPECT_FALSE(matches_pattern("", "a*"));
  EXPECT_FALSE(matches_pattern("ab", "a"));
  EXPECT_FALSE(matches_pattern("Jane", "jane"));
  // Bounded by the product of the lengths.
  EXPECT_FALSE(matches_pattern(std::string(5'000, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

TEST(Pattern, NamesOfOldToolsAreTheSame) {
  EXPECT_EQ(canonical_dn("/DC=org/CN=Jane/Email=j@x"), "/DC=org/CN=Jane/emailAddress=j@x");
  EXPECT_EQ(canonical_dn("/DC=org/E=j@x/USERID=1"), "/DC=org/emailAddress=j@x/UID=1");
  EXPECT_EQ(canonical_dn("/DC=org/CN=host/a.org"), "/DC=org/CN=host/a.org");
  EXPECT_EQ(canonical_dn(""), "");
  EXPECT_EQ(canonical_fqan("/cms/Role=NULL/Capability=NULL"), "/cms");
  EXPECT_EQ(canonical_fqan("/cms/Role=production/Capability=NULL"), "/cms/Role=production");
}

TEST(Words, QuotesHoldSpacesTogether) {
  EXPECT_THAT(*words_of(R"(gsi  dn="/CN=Jane Doe"	x)"),
              ElementsAre("gsi", "dn=/CN=Jane Doe", "x"));
  EXPECT_THAT(*words_of(R"("a \"b\" \\ \n" "")"), ElementsAre(R"(a "b" \ \n)", ""));
  EXPECT_THAT(*words_of(""), ElementsAre());
  EXPECT_THAT(words_of("a \"b").error().detail, HasSubstr("not closed"));
  EXPECT_THAT(words_of(std::string(20'000, 'a')).error().detail, HasSubstr("characters"));
}

TEST(Rule, HasTwoSides) {
  const Rule rule = *Rule::parse(
      R"(gsi,token vo=cms name="*Jane *" -> user=1000 group=1000,100 read-only root=/cms home=/cms/%name)");
  EXPECT_THAT(rule.methods, ElementsAre("gsi", "ztn"));
  ASSERT_EQ(rule.conditions.size(), 2U);
  EXPECT_EQ(rule.conditions[1].pattern, "*Jane *");
  EXPECT_EQ(rule.outcome.user, "1000");
  EXPECT_THAT(*rule.outcome.groups, ElementsAre("1000", "100"));
  EXPECT_TRUE(rule.outcome.read_only);
  EXPECT_EQ(rule.outcome.home, "/cms/%name");
}

TEST(Rule, SaysWhichWordIsWrong) {
  EXPECT_THAT(mistake(""), HasSubstr("begin with a method"));
  EXPECT_THAT(mistake("-> deny"), HasSubstr("begin with a method"));
  EXPECT_THAT(mistake("gsi"), HasSubstr("no arrow"));
  EXPECT_THAT(mistake("gsi ->"), HasSubstr("nothing follows"));
  EXPECT_THAT(mistake("gis -> deny"), HasSubstr("did you mean gsi?"));
  EXPECT_THAT(mistake("gsi,tokne -> deny"), HasSubstr("did you mean token?"));
  EXPECT_THAT(mistake("gsi fqun=/cms -> deny"), HasSubstr("did you mean fqan?"));
  EXPECT_THAT(mistake("gsi dn -> deny"), HasSubstr("\"dn\" is no condition"));
  EXPECT_THAT(mistake("gsi dn= -> deny"), HasSubstr("no value"));
  EXPECT_THAT(mistake("gsi issuer=x -> deny"), HasSubstr("issuer= is a condition of ztn"));
  EXPECT_THAT(mistake("gsi -> usr=1"), HasSubstr("did you mean user?"));
  EXPECT_THAT(mistake("gsi -> readonly"), HasSubstr("did you mean read-only?"));
  EXPECT_THAT(mistake("gsi -> user="), HasSubstr("no value"));
  EXPECT_THAT(mistake("gsi -> user=1 group=1,,2"), HasSubstr("empty group"));
  EXPECT_THAT(mistake("gsi -> user=1 root=cms"), HasSubstr("does not begin with /"));
  EXPECT_THAT(mistake("gsi -> user=1 root=/a/../b"), HasSubstr(".. in it"));
  EXPECT_THAT(mistake("gsi -> user=%nome"), HasSubstr("name, vo or account"));
  EXPECT_THAT(mistake("gsi -> user=%account"), HasSubstr("known only"));
  EXPECT_THAT(mistake("gsi -> deny user=1"), HasSubstr("alone"));
  EXPECT_THAT(mistake("gsi -> anonymous superuser"), HasSubstr("anonymous"));
  EXPECT_THAT(mistake("gsi dn=\"/CN=Jane -> deny"), HasSubstr("not closed"));
  EXPECT_THAT(mistake("gsi gridmap=map -> group=1"), HasSubstr("absolute path"));
  EXPECT_THAT(Rule::parse("gsi gridmap=/nowhere/map -> group=1").error().detail,
              HasSubstr("/nowhere/map"));
  EXPECT_THAT(mistake("sss account account -> group=1"), HasSubstr("second source"));
}

TEST(Rule, BelievesNobodyWithoutProofUnlessToldTo) {
  EXPECT_THAT(mistake("unix -> user=%name"), HasSubstr("trusted"));
  EXPECT_THAT(mistake("sss,unix -> user=%name"), HasSubstr("trusted"));
  EXPECT_THAT(mistake("host -> root=/x"), HasSubstr("trusted"));
  EXPECT_EQ(mistake("unix trusted -> user=%name"), "accepted");
  EXPECT_EQ(mistake("unix -> anonymous name=%name"), "accepted");
  EXPECT_EQ(mistake("none -> deny"), "accepted");

  Identity claimed = of("unix", "jane", false);
  EXPECT_THAT(*objection(*Rule::parse("* -> user=1"), claimed), HasSubstr("proves nothing"));
  EXPECT_FALSE(objection(*Rule::parse("unix trusted -> user=1"), claimed).has_value());
  // Even if a method that proves something were to hand out what is not proven.
  claimed.method = "gsi";
  EXPECT_THAT(*objection(*Rule::parse("gsi -> user=1"), claimed), HasSubstr("proves nothing"));
}

TEST(Rule, BansNeedAConditionAndNoArrow) {
  EXPECT_EQ(ban_mistake("gsi dn=\"/CN=Eve\""), "accepted");
  EXPECT_EQ(ban_mistake("* name=eve"), "accepted");
  EXPECT_THAT(ban_mistake(""), HasSubstr("empty"));
  EXPECT_THAT(ban_mistake("gsi"), HasSubstr("everybody"));
  EXPECT_THAT(ban_mistake("gsi dn=/CN=Eve -> deny"), HasSubstr("arrow"));
  EXPECT_THAT(ban_mistake("sss account"), HasSubstr("conditions only"));
  const Identity eve = of("gsi", "/DC=org/CN=Eve Doe/Email=e@x");
  EXPECT_FALSE(objection(*Rule::parse_ban("/DC=org/CN=Eve Doe/emailAddress=e@x"), eve).has_value());
  EXPECT_FALSE(objection(*Rule::parse_ban("\"/DC=org/CN=Eve Doe/E=e@x\""), eve).has_value());
  EXPECT_TRUE(objection(*Rule::parse_ban("/DC=org/CN=Eve"), eve).has_value());
}

TEST(Rule, LooksAtWhatTheMethodShows) {
  const auto token = std::make_shared<Token>();
  token->issuer = "https://cms-auth.cern.ch/";
  Identity jane = of("ztn", "abc");
  jane.groups = {"/cms", "/cms/prod"};
  jane.token = token;
  const auto holds = [](std::string_view text, const Identity& who) {
    return !objection(*Rule::parse(text), who);
  };
  EXPECT_TRUE(holds("token issuer=https://cms-auth.cern.ch/ subject=abc -> deny", jane));
  EXPECT_TRUE(holds("token issuer=cms-auth.cern.ch group=/cms/prod -> deny", jane));
  EXPECT_FALSE(holds("token issuer=cms-auth.cern group=/cms/prod -> deny", jane));
  EXPECT_FALSE(holds("token group=/cms/pro -> deny", jane));
  EXPECT_FALSE(holds("token subject=abcd -> deny", jane));

  Identity grid = of("gsi", "/DC=org/CN=Jane");
  grid.fqans = {"/cms/Role=NULL/Capability=NULL", "/cms/Role=production"};
  grid.vo = "cms";
  EXPECT_TRUE(holds("gsi fqan=/cms/Role=production vo=cms -> deny", grid));
  EXPECT_TRUE(holds("gsi fqan=/cms -> deny", grid));
  EXPECT_FALSE(holds("gsi fqan=/cms/Role=admin -> deny", grid));
  EXPECT_FALSE(holds("gsi vo=cms fqan=/atlas* -> deny", grid));
  EXPECT_TRUE(holds("gsi dn=\"/DC=org/*\" -> deny", grid));
  EXPECT_FALSE(holds("token -> deny", grid));
}

TEST(Rule, AShortNameOfKerberosNeedsARealm) {
  const Identity jane = of("krb5", "jane@EXAMPLE.ORG");
  const auto reason = [&](std::string_view text) {
    return objection(*Rule::parse(text), jane).value_or("holds");
  };
  EXPECT_EQ(reason("krb5 realm=EXAMPLE.ORG -> user=%name"), "holds");
  EXPECT_EQ(reason("krb5 realm=EXAMPLE.ORG user=jane -> group=1"), "holds");
  EXPECT_EQ(reason("krb5 principal=jane@EXAMPLE.ORG -> user=%name"), "holds");
  EXPECT_THAT(reason("krb5 -> user=%name"), HasSubstr("realm="));
  EXPECT_THAT(reason("krb5 user=jane -> group=1"), HasSubstr("realm="));
  EXPECT_THAT(reason("krb5,sss account -> group=1"), HasSubstr("realm="));
  EXPECT_THAT(reason("* -> user=1 root=/home/%name"), HasSubstr("realm="));
  EXPECT_THAT(reason("krb5 realm=OTHER.ORG -> user=%name"), HasSubstr("realm is EXAMPLE.ORG"));
  EXPECT_EQ(reason("* -> group=1"), "holds");
}

}  // namespace
}  // namespace sluice::auth
