// SPDX-License-Identifier: Apache-2.0
// What needs no KDC: the service's own settings, and credentials that nobody should believe. tests/interop has the rest.
#include "auth/krb5/krb5.h"

#include "auth/krb5/handles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace sluice::auth {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<std::byte>;

class Krb5Test : public testing::Test {
 protected:
  Krb5Test() {
    std::string name = testing::TempDir() + "/krb5XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ + "/krb5.conf")
        << "[libdefaults]\n default_realm = TEST.ORG\n dns_lookup_kdc = false\n"
           " dns_canonicalize_hostname = false\n[realms]\n TEST.ORG = {\n kdc = 127.0.0.1:1\n }\n";
    ::setenv("KRB5_CONFIG", (folder_ + "/krb5.conf").c_str(), 1);
    ::setenv("KRB5RCACHENAME", ("file2:" + folder_ + "/replays").c_str(), 1);
    config_.keytab = folder_ + "/keytab";
    config_.principal = "host/server.test.org";
    add_key("host/server.test.org@TEST.ORG");
  }
  ~Krb5Test() override {
    std::filesystem::remove_all(folder_);
    ::unsetenv("KRB5_CONFIG");
    ::unsetenv("KRB5RCACHENAME");
  }

  void add_key(const std::string& service) const {
    const auto context = *krb5::make_context();
    const auto principal = *krb5::parse_principal(context, service);
    krb5::Keytab keytab(context);
    const std::string name = "FILE:" + config_.keytab;
    ASSERT_EQ(krb5_kt_resolve(context.get(), name.c_str(), keytab.out()), 0);
    krb5_keytab_entry entry{};
    entry.principal = principal.get();
    entry.vno = 1;
    ASSERT_EQ(krb5_c_make_random_key(context.get(), ENCTYPE_AES256_CTS_HMAC_SHA1_96, &entry.key),
              0);
    EXPECT_EQ(krb5_kt_add_entry(context.get(), keytab.get(), &entry), 0);
    krb5_free_keyblock_contents(context.get(), &entry.key);
  }

  std::string refusal(ByteView credential) const {
    const auto method = *make_krb5(config_);
    const auto verdict =
        method->begin({asio::ip::make_address("127.0.0.1"), false, {}})->answer(credential);
    if (verdict) return "let in";
    EXPECT_EQ(verdict.error().code, Errc::authentication);
    return verdict.error().detail;
  }

  std::string folder_;
  Krb5Config config_;
};

TEST_F(Krb5Test, TellsClientsItsService) {
  auto method = make_krb5(config_);
  ASSERT_TRUE(method.has_value()) << method.error().detail;
  EXPECT_EQ((*method)->name(), "krb5");
  EXPECT_EQ((*method)->parameters(), "host/server.test.org@TEST.ORG");
  EXPECT_TRUE((*method)->reload().has_value());
  config_.forwarded_tickets = folder_ + "/cc_<user>";
  EXPECT_EQ((*make_krb5(config_))->parameters(), "host/server.test.org@TEST.ORG,fwd");
  std::filesystem::remove(config_.keytab);
  EXPECT_FALSE((*method)->reload().has_value());
}

TEST_F(Krb5Test, HostStandsForTheMachine) {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  config_.principal = "xroot/<host>";
  EXPECT_THAT(make_krb5(config_).error().detail, HasSubstr(name.data()));
  add_key(std::string("xroot/") + name.data() + "@TEST.ORG");
  EXPECT_EQ((*make_krb5(config_))->parameters(), std::string("xroot/") + name.data() + "@TEST.ORG");
}

TEST_F(Krb5Test, SettingsThatCannotBeUsed) {
  const auto mistake = [](const Krb5Config& config) { return make_krb5(config).error().detail; };
  EXPECT_THAT(mistake({.keytab = config_.keytab, .principal = "other/server.test.org"}),
              HasSubstr("no key of other/server.test.org@TEST.ORG"));
  EXPECT_THAT(mistake({.keytab = folder_ + "/none", .principal = config_.principal}),
              HasSubstr("keytab"));
  EXPECT_THAT(mistake({.keytab = config_.keytab, .principal = "a@b@c"}), HasSubstr("a@b@c"));
  config_.forwarded_tickets = "relative_<user>";
  EXPECT_THAT(mistake(config_), HasSubstr("absolute"));
  config_.forwarded_tickets = "/tmp/all";
  EXPECT_THAT(mistake(config_), HasSubstr("<user>"));
}

// Stock servers take these for the identity "host".
TEST_F(Krb5Test, CredentialsOfNothingAreRefused) {
  using namespace std::string_view_literals;
  for (std::string_view nothing :
       {""sv, "k"sv, "krb5"sv, "krb5\0"sv, "krb\0\0\0\0"sv, "host\0"sv, "krb5 x"sv, "KRB5\0x"sv}) {
    EXPECT_THAT(refusal(as_bytes(nothing)), HasSubstr("empty, cut short or another's")) << nothing;
  }
}

TEST_F(Krb5Test, NoiseIsRefused) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Bytes noise = krb5::with_prefix({});
    const std::size_t size = std::uniform_int_distribution<std::size_t>(1, 2'000)(random);
    for (std::size_t i = 0; i < size; ++i) noise.push_back(static_cast<std::byte>(random()));
    EXPECT_THAT(refusal(noise), HasSubstr("refused"));
  }
  // An AP-REQ (application 14) whose lengths lie.
  for (int length : {0x00, 0x01, 0x7f, 0x80, 0x84, 0xff}) {
    Bytes lie = krb5::with_prefix({});
    for (int octet : {0x6e, length, 0xff, 0xff, 0xff, 0xff})
      lie.push_back(static_cast<std::byte>(octet));
    EXPECT_THAT(refusal(lie), HasSubstr("refused"));
  }
}

TEST_F(Krb5Test, ClientSaysWhatToDo) {
  Server server;
  server.host = "server.test.org";
  server.parameters = "host/server.test.org@TEST.ORG";
  server.option = [](std::string_view) { return std::string(); };
  server.variable = [this](std::string_view name) {
    return name == "KRB5CCNAME" ? "FILE:" + folder_ + "/cache" : std::string();
  };
  const auto nothing = begin_krb5(server)->begin();
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, Errc::authentication);
  EXPECT_THAT(nothing.error().detail, HasSubstr("kinit"));
  for (const char* parameters : {"", ",fwd", "  "}) {
    server.parameters = parameters;
    EXPECT_THAT(begin_krb5(server)->begin().error().detail, HasSubstr("which service"))
        << parameters;
  }
  // A server may not ask before it was shown a ticket.
  EXPECT_FALSE(begin_krb5(server)->answer(as_bytes("fwdtgt")).has_value());
}

}  // namespace
}  // namespace sluice::auth
