// SPDX-License-Identifier: Apache-2.0
// A verifier with two issuers whose documents are texts of the test, and with clocks that the test moves.
#pragma once

#include "auth/token/test/mint.h"
#include "auth/token/token_verifier.h"

#include <gtest/gtest.h>

#include <atomic>
#include <concepts>
#include <map>
#include <mutex>

namespace sluice::auth {

using namespace std::chrono_literals;

class Tokens : public ::testing::Test {
 protected:
  Tokens() {
    config.issuers = {"name=cms url=https://cms.example/ prefix=/cms audience=https://door.example",
                      "name=sci url=https://sci.example prefix=/ profile=scitokens"};
    serve("https://cms.example",
          mint::jwks({mint::jwk(mint::rsa(), "r1"), mint::jwk(mint::p256(), "e1"),
                      mint::jwk(mint::p384(), "e2"), mint::jwk(mint::ed25519(), "d1")}));
    serve("https://sci.example", mint::jwks({mint::jwk(mint::other_rsa(), "s1")}));
  }

  void serve(const std::string& issuer, const std::string& keys) {
    std::scoped_lock lock(mutex);
    documents[issuer + "/.well-known/openid-configuration"] =
        R"({"issuer":")" + issuer + R"(/","jwks_uri":")" + issuer + R"(/jwks"})";
    documents[issuer + "/jwks"] = keys;
  }

  TokenWorld world() {
    return {[this](const std::string& url) { return fetch(url); },
            [this] { return jwt::Moment(1000h + elapsed.load()); }, [this] { return now(); }};
  }

  Result<std::string> fetch(const std::string& url) {
    ++fetched;
    std::scoped_lock lock(mutex);
    auto at = documents.find(url);
    if (at == documents.end()) return fail(Errc::connection, url);
    return at->second;
  }

  std::chrono::system_clock::time_point now() const { return start + elapsed.load(); }
  std::int64_t in(std::chrono::seconds time) const {
    return mint::seconds_of(now()) + time.count();
  }

  // What any good token of the first issuer says.
  mint::json::object claims() const {
    return {{"iss", "https://cms.example/"},
            {"sub", "jane"},
            {"aud", "https://door.example"},
            {"exp", in(600s)},
            {"nbf", in(-5s)},
            {"iat", in(-5s)},
            {"jti", "t-1"},
            {"wlcg.ver", "1.0"},
            {"scope", "openid storage.read:/store"}};
  }
  mint::json::object with(std::string_view key, mint::json::value value) const {
    mint::json::object out = claims();
    out[key] = std::move(value);
    return out;
  }
  template <std::same_as<std::string> Text>
  mint::json::object with(std::string_view key, const Text& value) const {
    return with(key, mint::json::value(value.c_str()));
  }
  mint::json::object without(std::string_view key) const {
    mint::json::object out = claims();
    out.erase(key);
    return out;
  }

  TokenVerifier& verifier() {
    if (!verifier_) {
      auto made = TokenVerifier::make(config, world());
      EXPECT_TRUE(made) << made.error().detail;
      verifier_ = *made;
    }
    return *verifier_;
  }

  // Empty: it is good.
  std::string fault(std::string_view token) {
    auto result = verifier().verify(token);
    if (result) return {};
    EXPECT_EQ(result.error().code, Errc::authentication);
    return result.error().detail;
  }

  TokenConfig config;
  std::mutex mutex;
  std::map<std::string, std::string> documents;
  std::atomic<int> fetched{0};
  std::atomic<std::chrono::seconds> elapsed{0s};
  const std::chrono::system_clock::time_point start =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

 private:
  std::shared_ptr<TokenVerifier> verifier_;
};

}  // namespace sluice::auth
