// SPDX-License-Identifier: Apache-2.0
// Keys of issuers: rotation, outages, floods of unknown ids, servers that hang, and documents that are not what they should be.
#include "auth/token/fetch.h"
#include "auth/token/test/fixture.h"
#include "auth/token/test/web_server.h"

#include <gmock/gmock.h>

#include <fstream>
#include <latch>

namespace sluice::auth {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* cms = "https://cms.example";

TEST_F(Tokens, KeysAreFetchedOnceAndWhenDue) {
  ASSERT_THAT(fault(mint::token(claims())), IsEmpty());
  EXPECT_EQ(fetched, 2);  // discovery and keys
  ASSERT_THAT(fault(mint::token(with("sub", "joe"))), IsEmpty());
  EXPECT_EQ(fetched, 2);
  ASSERT_TRUE(verifier().refresh());
  EXPECT_EQ(fetched, 4);  // those of the other issuer, which nobody had asked for
  ASSERT_TRUE(verifier().refresh());
  EXPECT_EQ(fetched, 4);
  elapsed = 15min - 1s;
  ASSERT_TRUE(verifier().refresh());
  EXPECT_EQ(fetched, 4);
  elapsed = 15min;
  EXPECT_LE(verifier().refresh_due(), jwt::Moment(1000h + 15min));
  ASSERT_TRUE(verifier().refresh());
  EXPECT_EQ(fetched, 8);
}

TEST_F(Tokens, NewKeysComeAndOldOnesGo) {
  std::string old = mint::token(with("exp", in(24h)));
  ASSERT_THAT(fault(old), IsEmpty());
  ASSERT_NE(verifier().known(old), nullptr);
  serve(cms, mint::jwks({mint::jwk(mint::other_rsa(), "r2")}));
  elapsed = 31s;  // a token with an unknown id fetches before the refresh is due
  EXPECT_THAT(fault(mint::token(claims(), mint::other_rsa(), "RS256", "r2")), IsEmpty());
  // The key was withdrawn: what it signed does not count, though it was verified once.
  EXPECT_EQ(verifier().known(old), nullptr);
  EXPECT_THAT(fault(old), HasSubstr("no key"));
}

TEST_F(Tokens, SameKeysKeepWhatIsRemembered) {
  std::string text = mint::token(with("exp", in(24h)));
  ASSERT_THAT(fault(text), IsEmpty());
  serve(cms, mint::jwks({mint::jwk(mint::other_rsa(), "r2"), mint::jwk(mint::ed25519(), "d1"),
                         mint::jwk(mint::p384(), "e2"), mint::jwk(mint::p256(), "e1"),
                         mint::jwk(mint::rsa(), "r1")}));
  elapsed = 16min;
  ASSERT_TRUE(verifier().refresh());
  EXPECT_NE(verifier().known(text), nullptr);
}

TEST_F(Tokens, FloodOfUnknownIdsFetchesOncePerInterval) {
  ASSERT_THAT(fault(mint::token(claims())), IsEmpty());
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(fault(mint::token(claims(), mint::rsa(), "RS256", "x" + std::to_string(i))),
                HasSubstr("no key with the id"));
  }
  EXPECT_EQ(fetched, 2);  // the interval began with the first fetch
  elapsed = 30s;
  for (int i = 0; i < 20; ++i) fault(mint::token(claims(), mint::rsa(), "RS256", "y"));
  EXPECT_EQ(fetched, 4);
}

TEST_F(Tokens, OutageIsBridgedForTheGrace) {
  ASSERT_THAT(fault(mint::token(claims())), IsEmpty());
  documents.clear();
  elapsed = 15min;
  EXPECT_FALSE(verifier().refresh());
  EXPECT_THAT(fault(mint::token(claims())), IsEmpty());
  elapsed = 24h + 15min;
  EXPECT_THAT(fault(mint::token(claims())), IsEmpty());
  elapsed = 24h + 15min + 1s;
  EXPECT_THAT(fault(mint::token(claims())), HasSubstr("cannot be had"));
  serve(cms, mint::jwks({mint::jwk(mint::rsa(), "r1")}));
  EXPECT_THAT(fault(mint::token(claims())), HasSubstr("cannot be had"));  // not again at once
  elapsed = elapsed.load() + 30s;
  EXPECT_THAT(fault(mint::token(claims())), IsEmpty());
}

TEST_F(Tokens, FailingIssuerIsNotAskedAgainAtOnce) {
  documents.clear();
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(fault(mint::token(claims())), HasSubstr("cannot be had"));
  EXPECT_EQ(fetched, 1);
}

TEST_F(Tokens, StrangeDocumentsAreRefused) {
  config.issuers.pop_back();
  std::string discovery = std::string(cms) + "/.well-known/openid-configuration";
  struct Row {
    std::string text;
    std::string why;
  };
  for (const Row& row : {
           Row{"", "not JSON"},
           Row{"<html>", "not JSON"},
           Row{R"({"issuer":"https://evil.example","jwks_uri":"https://cms.example/jwks"})",
               "that of"},
           Row{R"({"issuer":"https://cms.example"})", "no URL"},
           Row{R"({"issuer":"https://cms.example","jwks_uri":"http://cms.example/jwks"})",
               "https://"},
           Row{R"({"issuer":"https://cms.example","jwks_uri":"file:///etc/passwd"})", "no URL"},
           Row{R"({"issuer":"https://cms.example","jwks_uri":"/etc/passwd"})", "no URL"},
           Row{R"({"issuer":"https://cms.example","jwks_uri":"http://127.0.0.1/jwks"})",
               "this machine"},
           Row{R"({"issuer":"https://cms.example","issuer":"x","jwks_uri":"y"})", "twice"},
       }) {
    documents[discovery] = row.text;
    auto done = verifier().refresh();
    ASSERT_FALSE(done) << row.text;
    EXPECT_THAT(done.error().detail, HasSubstr(row.why)) << row.text;
    EXPECT_EQ(fault(mint::token(claims())), "the keys of issuer cms cannot be had at the moment");
    elapsed = elapsed.load() + 31s;
  }
}

TEST(KeyDocument, UselessKeysAreLeftOut) {
  auto encryption = mint::jwk(mint::rsa(), "enc");
  encryption["use"] = "enc";
  auto broken = mint::jwk(mint::p256(), "off");
  broken["y"] = broken["x"];
  auto large = mint::jwk(mint::rsa(), "large");
  large["e"] = mint::encode(mint::Octets(9, 255));
  auto partial = mint::jwk(mint::rsa(), "partial");
  partial.erase("n");
  auto edwards = mint::jwk(mint::ed25519(), "short");
  edwards["x"] = "AAAA";
  mint::json::object unknown{{"kty", "LATTICE"}, {"kid", "q"}, {"seed", "x"}};
  mint::json::object secret{{"kty", "oct"}, {"k", "c2VjcmV0"}};
  auto good = mint::jwk(mint::rsa(), "good");
  good["x5c"] = mint::json::array{"MIIB"};
  for (const auto& bad : {encryption, broken, large, partial, edwards, unknown, secret,
                          mint::jwk(mint::short_rsa(), "weak")}) {
    EXPECT_FALSE(jwt::parse_jwks(mint::jwks({bad}))) << mint::json::serialize(bad);
    auto keys = jwt::parse_jwks(mint::jwks({bad, good}));
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_EQ(keys->front()->id(), "good");
  }
  for (const char* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1]})"})
    EXPECT_FALSE(jwt::parse_jwks(text)) << text;
  mint::json::array many(65, good);
  EXPECT_FALSE(jwt::parse_jwks(mint::json::serialize(mint::json::object{{"keys", many}})));
}

TEST(KeyDocument, PrivateMembersAreNotTaken) {
  auto jwk = mint::jwk(mint::rsa(), "r1");
  jwk["d"] = mint::number(mint::rsa(), OSSL_PKEY_PARAM_RSA_D);
  auto with = jwt::PublicKey::from_jwk(jwk);
  auto without = jwt::PublicKey::from_jwk(mint::jwk(mint::rsa(), "r1"));
  ASSERT_TRUE(with && without);
  EXPECT_TRUE(**with == **without);
}

// A real server, the real client, and real time.
class Web : public Tokens {
 protected:
  Web() {
    config.issuers = {"name=web url=" + web.url(), "name=slow url=" + slow.url()};
    config.fetch_timeout = Duration{600};
    for (WebServer* one : {&web, &slow}) {
      one->put("/.well-known/openid-configuration",
               R"({"issuer":")" + one->url() + R"(","jwks_uri":")" + one->url() + R"(/jwks"})");
      one->put("/jwks", mint::jwks({mint::jwk(mint::rsa(), "r1")}));
    }
    verifier_ = TokenVerifier::make(config).value();
  }
  std::string token_of(const WebServer& issuer, std::string_view id = "r1") const {
    return mint::token(with("iss", issuer.url()), mint::rsa(), "RS256", id);
  }
  std::string why(std::string_view token) {
    auto result = verifier_->verify(token);
    return result ? "" : result.error().detail;
  }

  WebServer web;
  WebServer slow;
  std::shared_ptr<TokenVerifier> verifier_;
};

TEST_F(Web, AudiencesApartTheTokenIsGood) {
  EXPECT_THAT(why(token_of(web)), HasSubstr("meant for"));
  EXPECT_EQ(web.requests, 2);
  config.audiences = {"https://door.example"};
  ASSERT_TRUE(verifier_->reconfigure(config));
  EXPECT_THAT(why(token_of(web)), IsEmpty());
  EXPECT_EQ(web.requests, 2);
}

TEST_F(Web, HangingIssuerHoldsFewAndForAShortTime) {
  config.audiences = {"https://door.example"};
  ASSERT_TRUE(verifier_->reconfigure(config));
  slow.hangs = true;
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> quick{0};
  std::latch all(12);
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      std::string token = token_of(slow, "k" + std::to_string(i));
      all.arrive_and_wait();
      const auto asked = std::chrono::steady_clock::now();
      EXPECT_THAT(why(token), Not(IsEmpty()));
      if (std::chrono::steady_clock::now() - asked < 300ms) ++quick;
    });
  }
  while (slow.requests == 0) std::this_thread::sleep_for(1ms);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_THAT(why(token_of(web)), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 500ms);
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_GE(quick, 12 - 1 - static_cast<int>(jwt::IssuerKeys::max_waiting));
  EXPECT_EQ(slow.requests, 1);
}

TEST_F(Web, KnownKeysWorkWhileTheirIssuerHangs) {
  jwt::FetchRules rules{"", "", Duration{600}};
  jwt::IssuerKeys keys(parse_issuer("name=slow url=" + slow.url()).value(),
                       {Duration{0}, Duration{3'600'000}, Duration{600}},
                       {[rules](const std::string& url) { return jwt::fetch_url(url, rules); }});
  ASSERT_TRUE(keys.refresh());
  slow.hangs = true;
  int before = slow.requests;
  EXPECT_TRUE(keys.find("r1", *jwt::find_algorithm("RS256")));  // though they are due
  EXPECT_EQ(slow.requests, before);
}

TEST_F(Web, OneFetchServesAllWhoWait) {
  config.audiences = {"https://door.example"};
  ASSERT_TRUE(verifier_->reconfigure(config));
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { good += why(token_of(web)).empty() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(web.requests, 2);
}

TEST_F(Web, AnswersAreBounded) {
  jwt::FetchRules rules{"", "", Duration{3000}};
  web.put("/exact", std::string(jwt::max_document, 'x'));
  EXPECT_EQ(jwt::fetch_url(web.url() + "/exact", rules).value().size(), jwt::max_document);
  web.put("/long", std::string(jwt::max_document + 1, 'x'));
  EXPECT_EQ(jwt::fetch_url(web.url() + "/long", rules).error().code, Errc::too_long);
  web.put_raw("/endless", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" +
                              std::string(2 * jwt::max_document, 'x'));
  EXPECT_EQ(jwt::fetch_url(web.url() + "/endless", rules).error().code, Errc::too_long);
  EXPECT_FALSE(jwt::fetch_url(web.url() + "/missing", rules));
  web.put_raw("/moved",
              "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " +
                  web.url() + "/jwks\r\n\r\n");
  EXPECT_FALSE(jwt::fetch_url(web.url() + "/moved", rules));
  web.put_raw("/garbage", "\x16\x03\x01 what");
  EXPECT_FALSE(jwt::fetch_url(web.url() + "/garbage", rules));
}

TEST(KeyFile, IsReadAgain) {
  std::string path = ::testing::TempDir() + "sluice_jwks_" + std::to_string(::getpid());
  auto write = [&](const std::string& text) { std::ofstream(path) << text; };
  write(mint::jwks({mint::jwk(mint::rsa(), "r1")}));
  auto time = std::make_shared<std::atomic<std::chrono::seconds>>(1000s);
  jwt::IssuerKeys keys(parse_issuer("name=f url=https://f.example jwks=" + path).value(),
                       {Duration{60'000}, Duration{60'000}, Duration{1000}},
                       {nullptr, [time] { return jwt::Moment(time->load()); }});
  const auto& rs256 = *jwt::find_algorithm("RS256");
  EXPECT_TRUE(keys.find("r1", rs256));
  EXPECT_EQ(keys.generation(), 0U);
  write(mint::jwks({mint::jwk(mint::other_rsa(), "r2")}));
  *time = 1060s;
  ASSERT_TRUE(keys.refresh());
  EXPECT_TRUE(keys.find("r2", rs256));
  EXPECT_EQ(keys.generation(), 1U);
  ::unlink(path.c_str());
  *time = 1200s;
  EXPECT_FALSE(keys.find("r2", rs256));
}

}  // namespace
}  // namespace sluice::auth
