// SPDX-License-Identifier: Apache-2.0
// Both sides of ztn: bytes as XrdCl sends them, credentials that are not what they say, and where a client finds its token.
#include "auth/ztn/ztn.h"

#include "auth/token/test/fixture.h"
#include "auth/ztn/credential.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sluice::auth {
namespace {

using testing::HasSubstr;

class ZtnServer : public Tokens {
 protected:
  ZtnServer() : method_(make_ztn(ztn_config, TokenVerifier::make(config, world()).value())) {}

  Result<Verdict> answer(ByteView credential, bool is_encrypted = true) {
    return method_->begin({asio::ip::make_address("127.0.0.1"), is_encrypted, {}})
        ->answer(credential);
  }

  ZtnConfig ztn_config;
  std::unique_ptr<Method> method_;
};

TEST_F(ZtnServer, TokenShowsWhoItIs) {
  std::string token = mint::token(with("wlcg.groups", mint::json::array{"/cms"}));
  auto verdict = answer(ztn::credential_with(token));
  ASSERT_TRUE(verdict) << verdict.error().detail;
  const Identity& identity = std::get<Proof>(*verdict).identity;
  EXPECT_EQ(identity.method, "ztn");
  EXPECT_EQ(identity.name, "jane");
  EXPECT_TRUE(identity.is_proven);
  EXPECT_THAT(identity.groups, testing::ElementsAre("/cms"));
  ASSERT_TRUE(identity.token);
  EXPECT_EQ(identity.token->id, "t-1");
  EXPECT_EQ(std::get<Proof>(*verdict).cipher, nullptr);
}

TEST_F(ZtnServer, LengthFieldRulesAndTheRestIsIgnored) {
  auto credential = ztn::credential_with(mint::token(claims()));
  credential.push_back(std::byte{0x41});
  credential.push_back(std::byte{0});
  EXPECT_TRUE(answer(credential));
  EXPECT_TRUE(answer(ztn::credential_with("Bearer " + mint::token(claims()))));
  EXPECT_TRUE(answer(ztn::credential_with("Bearer%20" + mint::token(claims()))));
}

// What xrdfs 5.5.3 of Debian 12 sent for a token of 72 bytes: the length field has the NUL, two more bytes follow.
TEST_F(ZtnServer, BytesOfXrdClAreRead) {
  std::string token =
      std::string(10, 'a') + "." + std::string(30, 'b') + "." + std::string(30, 'c');
  std::string sent = std::string("ztn\0\0T\0\0\0I", 10) + token + std::string("\0\0u", 3);
  ASSERT_EQ(sent.size(), 85U);
  EXPECT_EQ(ztn::token_in(as_bytes(sent)).value(), token);
}

TEST_F(ZtnServer, ClearConnectionsAreRefused) {
  auto verdict = answer(ztn::credential_with(mint::token(claims())), false);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, Errc::authentication);
  EXPECT_THAT(verdict.error().detail, HasSubstr("requires TLS"));
}

TEST_F(ZtnServer, BrokenCredentialsAreRefused) {
  auto good = ztn::credential_with(mint::token(claims()));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(answer(ByteView(good).first(size))) << size;
  struct Row {
    std::size_t at;
    int value;
  };
  for (Row row : {Row{0, 'g'}, Row{3, 'x'}, Row{4, 1}, Row{5, 'X'}, Row{5, 0}, Row{8, 0xff}}) {
    auto bad = good;
    bad[row.at] = static_cast<std::byte>(row.value);
    EXPECT_FALSE(answer(bad)) << row.at;
  }
  auto nul_inside = good;
  nul_inside[20] = std::byte{0};
  EXPECT_FALSE(answer(nul_inside));
  auto no_end = good;
  no_end.back() = std::byte{'x'};
  EXPECT_FALSE(answer(no_end));
  EXPECT_FALSE(answer(ztn::credential_with("")));
  EXPECT_FALSE(answer(ztn::credential_with("-")));
  EXPECT_FALSE(answer(ztn::credential_with("not a token")));
  EXPECT_THAT(answer(ztn::credential_with(std::string(4097, 'a'))).error().detail,
              HasSubstr("longer than 4096"));
  // Whatever is wrong with the token itself is said, and the token is not.
  std::string token = mint::token(claims(), mint::other_rsa());
  auto verdict = answer(ztn::credential_with(token));
  EXPECT_THAT(verdict.error().detail, HasSubstr("signature"));
  EXPECT_THAT(verdict.error().detail, testing::Not(HasSubstr(token.substr(0, 10))));
}

TEST_F(ZtnServer, IssuersAreNotTold) {
  auto ask = ztn::credential_with("x");
  ask[5] = std::byte{'S'};
  EXPECT_EQ(answer(ask).error().code, Errc::unsupported);
}

TEST_F(ZtnServer, ParametersAreWhatXrdClReads) {
  EXPECT_EQ(method_->name(), "ztn");
  EXPECT_EQ(method_->parameters(), "0:4096:");
  ztn_config.flags = 0x9ff;
  ztn_config.max_size = Bytes{8192};
  ztn_config.locations = {"MY_TOKEN", "/etc/token"};
  EXPECT_EQ(make_ztn(ztn_config, nullptr)->parameters(), "2304:8192:MY_TOKEN,/etc/token");
  EXPECT_TRUE(check_ztn_locations(ztn_config.locations));
  EXPECT_FALSE(check_ztn_locations({"a&P=unix"}));
  EXPECT_FALSE(check_ztn_locations({""}));
}

class ZtnClientTest : public ::testing::Test {
 protected:
  ZtnClientTest() : directory(::testing::TempDir() + "sluice_ztn_" + std::to_string(::getpid())) {
    std::filesystem::create_directory(directory);
    server.is_encrypted = true;
    server.parameters = "0:4096:";
    server.variable = [this](std::string_view name) { return variables[std::string(name)]; };
    server.option = [this](std::string_view key) { return options[std::string(key)]; };
  }
  ~ZtnClientTest() override { std::filesystem::remove_all(directory); }

  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::string path = directory + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  // The token that is shown, or the error.
  std::string shown() {
    auto credential = begin_ztn(server)->begin();
    if (!credential) return "error: " + credential.error().detail;
    auto token = ztn::token_in(*credential);
    return token ? std::string(*token) : "malformed";
  }

  std::string directory;
  Server server;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> options;
};

TEST_F(ZtnClientTest, CredentialHasTheBytesOfTheProtocol) {
  variables["BEARER_TOKEN"] = "a.b.c";
  auto credential = begin_ztn(server)->begin();
  ASSERT_TRUE(credential);
  EXPECT_EQ(as_text(*credential), std::string_view("ztn\0\0T\0\0\0\6a.b.c\0", 16));
}

TEST_F(ZtnClientTest, PlacesAreLookedAtInOrder) {
  std::string usual = "bt_u" + std::to_string(::geteuid());
  variables["XDG_RUNTIME_DIR"] = directory;
  file(usual, "runtime\n");
  EXPECT_EQ(shown(), "runtime");
  variables["BEARER_TOKEN_FILE"] = file("named", "  file \n\n");
  EXPECT_EQ(shown(), "file");
  variables["BEARER_TOKEN"] = " Bearer direct\n";
  EXPECT_EQ(shown(), "direct");
  options["xrd.ztn"] = file("option", "option");
  EXPECT_EQ(shown(), "option");
}

TEST_F(ZtnClientTest, FilesOfOthersEyesAreRefused) {
  for (mode_t mode : {0644U, 0640U, 0604U, 0620U, 0602U}) {
    variables["BEARER_TOKEN_FILE"] = file("open", "a.b.c", mode);
    EXPECT_THAT(shown(), HasSubstr("operation not permitted because of excessive permissions"));
    EXPECT_THAT(shown(), testing::Not(HasSubstr("a.b.c")));
  }
  variables["BEARER_TOKEN_FILE"] = file("open", "a.b.c", 0400);
  EXPECT_EQ(shown(), "a.b.c");
}

TEST_F(ZtnClientTest, ErrorsNameThePlace) {
  options["xrd.ztn"] = directory + "/missing";
  EXPECT_THAT(shown(), HasSubstr("xrd.ztn: "));
  options.clear();
  variables["XDG_RUNTIME_DIR"] = directory;
  variables["BEARER_TOKEN_FILE"] = directory + "/missing";
  std::string usual = file("bt_u" + std::to_string(::geteuid()), "usual");
  EXPECT_EQ(shown(), "usual");  // as with XrdCl
  ::chmod(usual.c_str(), 0644);
  EXPECT_THAT(shown(), HasSubstr("XDG_RUNTIME_DIR: "));
  variables["BEARER_TOKEN_FILE"] = directory;
  EXPECT_THAT(shown(), HasSubstr("is not a file"));
  variables["BEARER_TOKEN_FILE"] = file("empty", "\n");
  EXPECT_THAT(shown(), HasSubstr("no bearer token"));
  variables["BEARER_TOKEN_FILE"] = file("large", std::string(10'000, 'a'));
  EXPECT_THAT(shown(), HasSubstr("the server takes 4096"));
  server.parameters = "0:0:";
  EXPECT_THAT(shown(), HasSubstr("error"));
  server.parameters = "";
  variables["BEARER_TOKEN_FILE"] = file("fine", "a.b.c");
  EXPECT_EQ(shown(), "a.b.c");
}

TEST_F(ZtnClientTest, NothingIsShownInClear) {
  variables["BEARER_TOKEN"] = "a.b.c";
  server.is_encrypted = false;
  EXPECT_THAT(shown(), HasSubstr("without TLS"));
}

TEST_F(ZtnClientTest, OneRoundAndNoMore) {
  variables["BEARER_TOKEN"] = "a.b.c";
  auto conversation = begin_ztn(server);
  ASSERT_TRUE(conversation->begin());
  EXPECT_EQ(conversation->answer({}).error().code, Errc::protocol);
}

}  // namespace
}  // namespace sluice::auth
