// SPDX-License-Identifier: Apache-2.0
// Lines of auth.token.issuers, and the rest of the settings of tokens.
#include "auth/token/issuer.h"

#include "auth/token/config.h"
#include "auth/token/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

using testing::HasSubstr;

TEST(IssuerLine, IsReadWhole) {
  auto issuer = parse_issuer(
      "name=cms url=https://cms.example/ prefix=/cms//data/ "
      "audience=https://a.example,root://b:1094 profile=wlcg jwks=https://k.example/jwks");
  ASSERT_TRUE(issuer) << issuer.error().detail;
  EXPECT_EQ(issuer->name, "cms");
  EXPECT_EQ(issuer->url, "https://cms.example");
  EXPECT_EQ(issuer->prefix, "/cms/data");
  EXPECT_THAT(issuer->audiences, testing::ElementsAre("https://a.example", "root://b:1094"));
  EXPECT_EQ(issuer->profile, TokenProfile::wlcg);
  EXPECT_EQ(issuer->jwks, "https://k.example/jwks");
}

TEST(IssuerLine, HasDefaults) {
  auto issuer = parse_issuer("  name=a   url=https://a.example ");
  ASSERT_TRUE(issuer);
  EXPECT_EQ(issuer->prefix, "/");
  EXPECT_EQ(issuer->profile, TokenProfile::any);
  EXPECT_TRUE(issuer->audiences.empty());
}

TEST(IssuerLine, KeysMayComeFromAFile) {
  EXPECT_EQ(parse_issuer("name=a url=http://a.example jwks=/etc/keys").value().jwks, "/etc/keys");
  EXPECT_EQ(parse_issuer("name=a url=https://a jwks=file:///etc/keys").value().jwks, "/etc/keys");
}

TEST(IssuerLine, ErrorsNameTheWord) {
  struct Row {
    std::string_view line;
    std::string_view why;
  };
  for (const Row& row : {
           Row{"url=https://a", "name=... is missing"},
           Row{"name=a", "url=... is missing"},
           Row{"", "name"},
           Row{"name=a url=https://a prefx=/x", "\"prefx\" is not known; is \"prefix\" meant?"},
           Row{"name=a url=https://a colour=red",
               "there are: name url prefix audience profile jwks"},
           Row{"name=a url=https://a profile=wlgc", "is \"wlcg\" meant?"},
           Row{"name=a name=b url=https://a", "name is given twice"},
           Row{"name= url=https://a", "name has no value"},
           Row{"name=a url=https://a nonsense", "\"nonsense\" is no word=value"},
           Row{"name=a/b url=https://a", "name:"},
           Row{"name=a url=cms.example", "url:"},
           Row{"name=a url=http://cms.example", "https://"},
           Row{"name=a url=https://user:pw@cms.example", "no URL"},
           Row{"name=a url=https://a prefix=cms", "prefix:"},
           Row{"name=a url=https://a prefix=/cms/../x", "prefix:"},
           Row{"name=a url=https://a audience=a,,b", "audience:"},
           Row{"name=a url=https://a jwks=http://b", "jwks:"},
           Row{"name=a url=https://a jwks=keys.json", "jwks:"},
           Row{"name=a url=https://a jwks=ftp://b/k", "jwks:"},
       }) {
    auto issuer = parse_issuer(row.line);
    ASSERT_FALSE(issuer) << row.line;
    EXPECT_THAT(issuer.error().detail, HasSubstr(std::string(row.why))) << row.line;
  }
  EXPECT_FALSE(parse_issuer("name=a url=https://" + std::string(9000, 'a')));
}

TEST(IssuerLine, NoneIsThereTwice) {
  EXPECT_TRUE(check_issuers({"name=a url=https://a", "name=b url=https://b"}));
  EXPECT_FALSE(check_issuers({"name=a url=https://a", "name=a url=https://b"}));
  EXPECT_FALSE(check_issuers({"name=a url=https://a", "name=b url=https://a/"}));
}

TEST(TokenSettings, TellWhatIsWrong) {
  TokenConfig config;
  Sections sections;
  sections.emplace_back("Tokens", config, token_settings);
  std::vector<RawSetting> raw{
      {"auth.token.issuers", std::vector<std::string>{"name=a urll=https://a"}, "f:1"},
      {"auth.token.max_size", std::string("1 MiB"), "f:2"}};
  auto wrong = apply_settings(sections, raw);
  ASSERT_EQ(wrong.size(), 2U);
  EXPECT_THAT(wrong[0], HasSubstr("is \"url\" meant?"));
  EXPECT_THAT(wrong[1], HasSubstr("512 KiB"));
}

TEST(FetchRules, OnlySafeUrlsAreFetched) {
  for (const char* good : {"https://a.example", "https://a.example:8443/x?y=z",
                           "http://127.0.0.1:8080/", "http://[::1]:1/", "http://localhost/"})
    EXPECT_TRUE(jwt::check_url(good)) << good;
  for (const char* bad :
       {"", "a", "http://a.example/", "file:///etc/passwd", "ftp://a", "gopher://a", "https://",
        "http://127.0.0.1@evil.example/", "http://localhost.evil.example/", "https://a b",
        "http://127.0.0.1.evil.example", "https://user@a.example/", "ldap://127.0.0.1"})
    EXPECT_FALSE(jwt::check_url(bad)) << bad;
}

}  // namespace
}  // namespace sluice::auth
