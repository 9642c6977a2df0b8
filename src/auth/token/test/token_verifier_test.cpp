// SPDX-License-Identifier: Apache-2.0
// Tokens that count and all the ways in which one does not.
#include "auth/token/test/fixture.h"
#include "auth/token/token_cache.h"

#include <gmock/gmock.h>

namespace sluice::auth {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Tokens, GoodOneIsReadWhole) {
  auto claims = with("wlcg.groups", mint::json::array{"/cms", "/cms/production"});
  auto token = verifier().verify(mint::token(claims));
  ASSERT_TRUE(token) << token.error().detail;
  EXPECT_EQ((*token)->issuer, "https://cms.example/");
  EXPECT_EQ((*token)->subject, "jane");
  EXPECT_EQ((*token)->id, "t-1");
  EXPECT_THAT((*token)->groups, testing::ElementsAre("/cms", "/cms/production"));
  ASSERT_EQ((*token)->scopes.size(), 1U);
  EXPECT_EQ((*token)->scopes[0].path, "/cms/store");
  EXPECT_EQ(mint::seconds_of((*token)->expires), in(600s + 60s));
  EXPECT_EQ(verifier().issuer_name((*token)->issuer), "cms");
}

TEST_F(Tokens, EveryAllowedAlgorithmVerifies) {
  struct Row {
    EVP_PKEY* key;
    std::string_view algorithm;
    std::string_view id;
  };
  for (const Row& row : {Row{mint::rsa(), "RS256", "r1"}, Row{mint::rsa(), "RS512", "r1"},
                         Row{mint::p256(), "ES256", "e1"}, Row{mint::p384(), "ES384", "e2"},
                         Row{mint::ed25519(), "EdDSA", "d1"}}) {
    EXPECT_THAT(fault(mint::token(claims(), row.key, row.algorithm, row.id)), IsEmpty())
        << row.algorithm;
    std::string other = mint::token(with("sub", "joe"), row.key, row.algorithm, row.id);
    std::string mine = mint::token(with("sub", "jim"), row.key, row.algorithm, row.id);
    std::string mixed = mine.substr(0, mine.rfind('.')) + other.substr(other.rfind('.'));
    EXPECT_THAT(fault(mixed), HasSubstr("signature")) << row.algorithm;
  }
}

TEST_F(Tokens, OtherAlgorithmsAreRefusedBeforeAnythingElse) {
  std::string body = mint::encode(mint::json::serialize(claims()));
  for (std::string_view name : {"none", "None", "HS256", "HS384", "HS512", "PS256", "RS1", "RS384",
                                "ES512", "rs256", "", "A128KW"}) {
    std::string header = mint::encode(R"({"alg":")" + std::string(name) + R"(","kid":"r1"})");
    EXPECT_THAT(fault(header + "." + body + ".AAAA"), HasSubstr("not allowed")) << name;
  }
  EXPECT_THAT(fault(mint::encode(R"({"alg":"none"})") + "." + body + "."),
              HasSubstr("not allowed"));
  EXPECT_THAT(fault(mint::encode(R"({"kid":"r1"})") + "." + body + ".AAAA"),
              HasSubstr("not allowed"));
  EXPECT_EQ(fetched, 0);
}

// The confusion of old libraries: the public key of RSA taken for the secret of an HMAC.
TEST_F(Tokens, PublicKeyIsNoSecret) {
  std::string text = mint::encode(R"({"alg":"HS256","kid":"r1"})") + "." +
                     mint::encode(mint::json::serialize(claims()));
  for (const std::string& secret : {mint::json::serialize(mint::jwk(mint::rsa(), "r1")),
                                    mint::number(mint::rsa(), OSSL_PKEY_PARAM_RSA_N)}) {
    Sha256 mac = hmac_sha256(as_bytes(secret), as_bytes(text));
    EXPECT_THAT(fault(text + "." + base64url(mac)), HasSubstr("not allowed"));
  }
  // Nor does a document with a shared secret make it one.
  mint::json::object secret{{"kty", "oct"}, {"kid", "r1"}};
  secret["k"] = mint::encode("0123456789abcdef");
  serve("https://cms.example", mint::jwks({secret, mint::jwk(mint::p256(), "e1")}));
  Sha256 mac = hmac_sha256(as_bytes("0123456789abcdef"), as_bytes(text));
  EXPECT_THAT(fault(text + "." + base64url(mac)), HasSubstr("not allowed"));
}

TEST_F(Tokens, AlgorithmMustFitTheKey) {
  EXPECT_THAT(fault(mint::token(claims(), mint::p256(), "ES256", "r1")), HasSubstr("does not fit"));
  EXPECT_THAT(fault(mint::token(claims(), mint::p384(), "ES384", "e1")), HasSubstr("does not fit"));
  // A key that is meant for one algorithm is not used with another.
  auto only = mint::jwk(mint::rsa(), "r1");
  only["alg"] = "RS512";
  serve("https://sci.example", mint::jwks({only}));
  auto sci = with("iss", "https://sci.example");
  sci.erase("wlcg.ver");
  sci.erase("aud");
  EXPECT_THAT(fault(mint::token(sci, mint::rsa(), "RS256", "r1")), HasSubstr("does not fit"));
  EXPECT_THAT(fault(mint::token(sci, mint::rsa(), "RS512", "r1")), IsEmpty());
}

TEST_F(Tokens, WrongKeyIsRefused) {
  EXPECT_THAT(fault(mint::token(claims(), mint::other_rsa())), HasSubstr("signature"));
  // The key of another issuer, with its own id and with ours.
  EXPECT_THAT(fault(mint::token(claims(), mint::other_rsa(), "RS256", "s1")), HasSubstr("no key"));
}

TEST_F(Tokens, WithoutAKeyIdAllThatFitAreTried) {
  EXPECT_THAT(fault(mint::token(claims(), mint::rsa(), "RS256", "")), IsEmpty());
  EXPECT_THAT(fault(mint::token(claims(), mint::other_rsa(), "RS256", "")), HasSubstr("signature"));
}

TEST_F(Tokens, CutOffOneIsRefused) {
  std::string token = mint::token(claims());
  ASSERT_THAT(fault(token), IsEmpty());
  for (std::size_t size = 0; size < token.size(); size += 1 + size % 7) {
    EXPECT_THAT(fault(token.substr(0, size)), Not(IsEmpty())) << size;
  }
  EXPECT_THAT(fault(token + "."), Not(IsEmpty()));
  EXPECT_THAT(fault(token + "A"), Not(IsEmpty()));
  EXPECT_THAT(fault(token + "="), Not(IsEmpty()));
  EXPECT_THAT(fault(" " + token), Not(IsEmpty()));
}

TEST_F(Tokens, EveryByteCounts) {
  std::string token = mint::token(claims());
  for (std::size_t at = 0; at < token.size(); at += 5) {
    std::string other = token;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_THAT(fault(other), Not(IsEmpty())) << at;
  }
}

TEST_F(Tokens, TimesCountWithSkew) {
  struct Row {
    std::string_view claim;
    std::chrono::seconds at;
    std::string_view fault;
  };
  for (const Row& row :
       {Row{"exp", -59s, ""}, Row{"exp", -60s, "expired"}, Row{"exp", -3600s, "expired"},
        Row{"nbf", 60s, ""}, Row{"nbf", 61s, "not valid yet"}, Row{"iat", 60s, ""},
        Row{"iat", 61s, "in the future"}}) {
    std::string why = fault(mint::token(with(row.claim, in(row.at))));
    if (row.fault.empty()) {
      EXPECT_THAT(why, IsEmpty()) << row.claim << row.at.count();
    } else {
      EXPECT_THAT(why, HasSubstr(std::string(row.fault))) << row.claim << row.at.count();
    }
  }
  EXPECT_THAT(fault(mint::token(without("nbf"))), IsEmpty());
  EXPECT_THAT(fault(mint::token(without("iat"))), IsEmpty());
  EXPECT_THAT(fault(mint::token(without("exp"))), HasSubstr("when it expires"));
  EXPECT_THAT(fault(mint::token(with("exp", double(in(60s)) + 0.5))), IsEmpty());
  for (const auto& strange : {mint::json::value("tomorrow"), mint::json::value(-1),
                              mint::json::value(1e300), mint::json::value(nullptr)}) {
    EXPECT_THAT(fault(mint::token(with("exp", strange))), HasSubstr("not a time"));
  }
}

TEST_F(Tokens, IssuerMustBeTrusted) {
  EXPECT_THAT(fault(mint::token(with("iss", "https://cms.example"))), IsEmpty());
  for (const char* other :
       {"https://evil.example/", "https://cms.example.evil/", "cms", "", "http://cms.example/",
        "https://CMS.example/", "https://cms.example//", "https://cms.example/x"}) {
    EXPECT_THAT(fault(mint::token(with("iss", other))), Not(IsEmpty())) << other;
  }
  EXPECT_THAT(fault(mint::token(without("iss"))), HasSubstr("who issued"));
  EXPECT_THAT(fault(mint::token(with("iss", mint::json::array{"https://cms.example/"}))),
              HasSubstr("iss"));
}

TEST_F(Tokens, AudienceMustBeOurs) {
  config.audiences = {"root://door.example:1094"};
  auto list = [](std::initializer_list<mint::json::value_ref> all) {
    return mint::json::value(mint::json::array(all));
  };
  struct Row {
    mint::json::value audience;
    bool is_good;
  };
  for (const Row& row :
       {Row{"https://door.example", true}, Row{"root://door.example:1094", true},
        Row{"https://wlcg.cern.ch/jwt/v1/any", true}, Row{"ANY", false},
        Row{"https://other.example", false}, Row{"https://door.example/", false},
        Row{list({"https://a", "https://door.example"}), true}, Row{list({"https://a"}), false},
        Row{list({}), true}, Row{"", true}, Row{list({"x", 5}), false}, Row{5, false}}) {
    EXPECT_EQ(fault(mint::token(with("aud", row.audience))).empty(), row.is_good)
        << mint::json::serialize(row.audience);
  }
  EXPECT_THAT(fault(mint::token(without("aud"))), IsEmpty());
  auto sci = with("iss", "https://sci.example");
  sci.erase("wlcg.ver");
  sci["aud"] = "ANY";
  EXPECT_THAT(fault(mint::token(sci, mint::other_rsa(), "RS256", "s1")), IsEmpty());
  sci["aud"] = "https://door.example";  // is one of the other issuer
  EXPECT_THAT(fault(mint::token(sci, mint::other_rsa(), "RS256", "s1")), HasSubstr("meant for"));
}

TEST_F(Tokens, StrictAndNarrowAudiences) {
  config.strict = true;
  config.any_audience = false;
  EXPECT_THAT(fault(mint::token(claims())), IsEmpty());
  EXPECT_THAT(fault(mint::token(without("aud"))), HasSubstr("for whom"));
  EXPECT_THAT(fault(mint::token(with("aud", mint::json::array{}))), HasSubstr("for whom"));
  EXPECT_THAT(fault(mint::token(with("aud", "https://wlcg.cern.ch/jwt/v1/any"))),
              HasSubstr("meant for"));
}

TEST_F(Tokens, VersionTellsTheProfile) {
  EXPECT_THAT(fault(mint::token(with("wlcg.ver", "2.0"))), HasSubstr("version"));
  EXPECT_THAT(fault(mint::token(without("wlcg.ver"))), HasSubstr("wlcg.ver"));
  EXPECT_THAT(fault(mint::token(with("wlcg.ver", 1.0))), HasSubstr("wlcg.ver"));
  auto sci = without("wlcg.ver");
  for (const char* version : {"scitokens:2.0", "scitokens:1.0", "1.0"}) {
    sci["ver"] = version;
    EXPECT_THAT(fault(mint::token(sci)), IsEmpty()) << version;
  }
  sci["ver"] = "scitokens:3.0";
  EXPECT_THAT(fault(mint::token(sci)), HasSubstr("version"));
  config.issuers[0] += " profile=wlcg";
  ASSERT_TRUE(verifier().reconfigure(config));
  sci["ver"] = "scitokens:2.0";
  EXPECT_THAT(fault(mint::token(sci)), HasSubstr("wlcg.ver"));
}

TEST_F(Tokens, SubjectIsNeededWhereTheProfileSaysSo) {
  EXPECT_THAT(fault(mint::token(without("sub"))), HasSubstr("about"));
  auto sci = without("sub");
  sci.erase("wlcg.ver");
  sci["ver"] = "scitokens:2.0";
  EXPECT_THAT(fault(mint::token(sci)), IsEmpty());
  EXPECT_THAT(fault(mint::token(with("sub", "a\nb"))), HasSubstr("sub"));
  EXPECT_THAT(fault(mint::token(with("sub", std::string(1025, 'x')))), HasSubstr("sub"));
}

TEST_F(Tokens, BoundsHold) {
  EXPECT_THAT(fault(std::string(4097, 'a')), HasSubstr("longer than 4096"));
  config.max_size = largest_token;
  ASSERT_TRUE(verifier().reconfigure(config));
  EXPECT_THAT(fault(std::string(largest_token.count + 1, 'a')), HasSubstr("longer"));
  EXPECT_THAT(fault(std::string(largest_token.count, '.')), HasSubstr("three parts"));

  std::string header = R"({"alg":"RS256","kid":"r1"})";
  auto sent = [&](std::string_view head, std::string_view body) {
    return fault(mint::token_of(head, body, mint::rsa(), "RS256"));
  };
  std::string deep = "{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}";
  EXPECT_THAT(sent(header, deep), HasSubstr("too deep"));
  EXPECT_THAT(sent("{\"alg\":\"RS256\",\"x\":[[[[[]]]]]}", "{}"), HasSubstr("too deep"));
  EXPECT_THAT(sent(std::string(9000, ' ') + header, "{}"), HasSubstr("too long"));

  mint::json::object many = claims();
  for (int i = 0; i < 128; ++i) many["c" + std::to_string(i)] = i;
  EXPECT_THAT(fault(mint::token(many)), HasSubstr("128 claims"));
  mint::json::array numbers(5000, 1);
  EXPECT_THAT(fault(mint::token(with("x", numbers))), HasSubstr("too many values"));
  mint::json::array groups(257, "/g");
  EXPECT_THAT(fault(mint::token(with("wlcg.groups", groups))), HasSubstr("256"));
  std::string scopes;
  for (int i = 0; i < 257; ++i) scopes += "storage.read:/a ";
  EXPECT_THAT(fault(mint::token(with("scope", scopes))), HasSubstr("256 scopes"));
}

TEST_F(Tokens, DoubleKeysAndOtherTextsAreRefused) {
  std::string good = mint::json::serialize(claims());
  std::string twice = good.substr(0, good.size() - 1) + R"(,"sub":"root"})";
  std::string hidden = good.substr(0, good.size() - 1) + R"(,"\u0073ub":"root"})";
  std::string header = R"({"alg":"RS256","kid":"r1"})";
  auto sent = [&](std::string_view head, std::string_view body) {
    return fault(mint::token_of(head, body, mint::rsa(), "RS256"));
  };
  EXPECT_THAT(sent(header, good), IsEmpty());
  EXPECT_THAT(sent(header, twice), HasSubstr("twice"));
  EXPECT_THAT(sent(header, hidden), HasSubstr("twice"));
  EXPECT_THAT(sent(R"({"alg":"none","alg":"RS256","kid":"r1"})", good), HasSubstr("twice"));
  EXPECT_THAT(sent(R"({"alg":"RS256","kid":"r1","crit":["x"],"x":1})", good),
              HasSubstr("extension"));
  for (std::string_view body : {"", "null", "[]", "5", "{", "{}x", "\"text\"", "{\"a\":\xff}"})
    EXPECT_THAT(sent(header, body), Not(IsEmpty())) << body;
  EXPECT_THAT(sent(R"({"typ":"at+jwt","alg":"RS256","kid":"r1"})", good), IsEmpty());
}

// A scope that cannot be read must not turn a token of few rights into one whose subject's rights count.
TEST_F(Tokens, WrongScopeRefusesTheToken) {
  for (const char* scope : {"storage.read", "storage.read:", "storage.read:store",
                            "storage.read:/a/../b", "storage.read:/a/%2e%2e/b",
                            "storage.read:/a%2fb", "storage.read:/a%", "storage.read:/a%0"}) {
    EXPECT_THAT(fault(mint::token(with("scope", scope))), HasSubstr("scope")) << scope;
  }
  auto list = mint::json::array{"storage.read:/a", "storage.modify:/b storage.poll:/c"};
  auto token = verifier().verify(mint::token(with("scope", list)));
  ASSERT_TRUE(token);
  EXPECT_EQ((*token)->scopes.size(), 3U);
}

TEST_F(Tokens, VerifiedOnesAreRememberedUntilTheyExpire) {
  std::string text = mint::token(claims());
  EXPECT_EQ(verifier().known(text), nullptr);
  auto first = verifier().verify(text);
  ASSERT_TRUE(first);
  EXPECT_EQ(verifier().known(text), *first);
  auto again = verifier().verify(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first);
  std::string other = text;
  other.back() = other.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(verifier().known(other), nullptr);
  elapsed = 659s;
  EXPECT_NE(verifier().known(text), nullptr);
  elapsed = 660s;
  EXPECT_EQ(verifier().known(text), nullptr);
  EXPECT_THAT(fault(text), HasSubstr("expired"));
}

TEST_F(Tokens, BadOnesAreNotRemembered) {
  std::string text = mint::token(claims(), mint::other_rsa());
  EXPECT_THAT(fault(text), HasSubstr("signature"));
  EXPECT_EQ(verifier().known(text), nullptr);
}

TEST_F(Tokens, SettingsChangeWhileRunning) {
  std::string text = mint::token(claims());
  ASSERT_THAT(fault(text), IsEmpty());
  int before = fetched;
  config.clock_skew = Duration{0};
  ASSERT_TRUE(verifier().reconfigure(config));
  EXPECT_EQ(verifier().known(text), nullptr);
  EXPECT_THAT(fault(text), IsEmpty());
  EXPECT_EQ(fetched, before);  // the issuer is the same one
  config.issuers = {"name=cms"};
  EXPECT_FALSE(verifier().reconfigure(config));
  EXPECT_THAT(fault(text), IsEmpty());
  config.issuers.clear();
  ASSERT_TRUE(verifier().reconfigure(config));
  EXPECT_THAT(fault(text), HasSubstr("not trusted"));
}

TEST_F(Tokens, LabelTellsNothing) {
  EXPECT_EQ(token_label("abc"), "ba7816bf8f01cfea");  // the beginning of FIPS 180-2's example
}

TEST(TokenCacheTest, LeastUsedLeavesFirst) {
  jwt::TokenCache cache(16);
  auto keys = std::make_shared<jwt::IssuerKeys>(TokenIssuer{}, jwt::KeyTimes{}, jwt::KeySource{});
  auto now = std::chrono::system_clock::now();
  auto hash = [](int i) {
    Sha256 out = jwt::sha256(std::to_string(i));
    out[0] = std::byte{0};  // all in one shard, which has room for one
    return out;
  };
  auto token = std::make_shared<const Token>();
  cache.put(hash(1), {token, keys, 0, now + 1h});
  EXPECT_EQ(cache.find(hash(1), now), token);
  cache.put(hash(2), {token, keys, 0, now + 1h});
  EXPECT_EQ(cache.find(hash(1), now), nullptr);
  EXPECT_EQ(cache.find(hash(2), now), token);
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.find(hash(2), now + 2h), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  jwt::TokenCache none(0);
  none.put(hash(1), {token, keys, 0, now + 1h});
  EXPECT_EQ(none.size(), 0U);
}

}  // namespace
}  // namespace sluice::auth
