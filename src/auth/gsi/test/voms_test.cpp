// SPDX-License-Identifier: Apache-2.0
// Attributes of virtual organisations, in proxies that voms-proxy-fake makes: it plays the VOMS server with a host certificate.
#include "auth/gsi/voms.h"

#include "auth/gsi/test/spawn.h"
#include "auth/gsi/test/test_grid.h"
#include "auth/gsi/trust.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice::auth::gsi::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GsiVoms : public ::testing::Test {
 protected:
  static TestGrid& grid() {
    static TestGrid one;
    return one;
  }
  static void SetUpTestSuite() {
    Credential server = voms_server("voms.example.org", grid().ca);
    write_file(grid().folder / "voms.pem", pem_of(server.chain));
    write_file(grid().folder / "vomskey.pem", key_text(server.key.get()), true);
    write_file(grid().folder / "usercert.pem", pem_of(grid().user.chain));
    write_file(grid().folder / "userkey.pem", key_text(grid().user.key.get()), true);
  }
  static Credential voms_server(const std::string& name, const Credential& issuer) {
    return make_credential({.subject = "/DC=org/DC=example/CN=" + name,
                            .issuer = &issuer,
                            .key = test_key("voms"),
                            .extensions = {{NID_key_usage, "critical,digitalSignature"},
                                           // voms-proxy-fake wants it
                                           {NID_subject_key_identifier, "hash"}}});
  }
  // VO/HOST.lsc: who may sign for the organisation.
  static void believe(const std::string& vo, const std::string& server_name) {
    std::filesystem::create_directories(grid().folder / "vomsdir" / vo);
    write_file(grid().folder / "vomsdir" / vo / "voms.example.org.lsc",
               server_name + "\n/DC=org/DC=example/CN=Test CA\n");
  }
  static Credential proxy(const std::string& vo, const std::vector<std::string>& fqans) {
    std::string folder = grid().folder.string();
    std::string out = folder + "/voms-proxy.pem";
    std::filesystem::remove(out);
    std::vector<std::string> words{"/usr/bin/voms-proxy-fake",
                                   "-rfc",
                                   "-quiet",
                                   "-hours",
                                   "1",
                                   "-cert",
                                   folder + "/usercert.pem",
                                   "-key",
                                   folder + "/userkey.pem",
                                   "-certdir",
                                   grid().ca_directory().string(),
                                   "-hostcert",
                                   folder + "/voms.pem",
                                   "-hostkey",
                                   folder + "/vomskey.pem",
                                   "-voms",
                                   vo,
                                   "-uri",
                                   "voms.example.org:15000",
                                   "-out",
                                   out};
    for (const std::string& fqan : fqans) {
      words.emplace_back("-fqan");
      words.push_back(fqan);
    }
    Ended ended = run_program(words, {{"HOME", folder}}, folder + "/voms-proxy-fake.log");
    EXPECT_EQ(ended.code, 0) << ended.output;
    auto credential = read_credential(out, out);
    if (!credential) throw std::runtime_error(credential.error().detail);
    return std::move(*credential);
  }
  static Result<Identity> login(const Credential& credential, VomsUse use) {
    GsiConfig config = grid().config();
    config.voms = use;
    auto method = make_gsi(config).value();
    auto client = begin_gsi(grid().server_seen_by(credential, *method));
    auto conversation = method->begin({});
    SLUICE_TRY(std::vector<std::byte> first, client->begin());
    SLUICE_TRY(Verdict challenge, conversation->answer(first));
    SLUICE_TRY(std::vector<std::byte> second, client->answer(std::get<Challenge>(challenge).bytes));
    SLUICE_TRY(Verdict verdict, conversation->answer(second));
    return std::get<Proof>(verdict).identity;
  }
};

TEST_F(GsiVoms, verified_attributes_count) {
  believe("testvo", "/DC=org/DC=example/CN=voms.example.org");
  Credential with =
      proxy("testvo", {"/testvo/Role=production", "/testvo", "/testvo/sub/Role=NULL"});
  auto identity = login(with, VomsUse::require);
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_EQ(identity->name, "/DC=org/DC=example/CN=Jane Doe");
  EXPECT_EQ(identity->vo, "testvo");
  EXPECT_THAT(identity->fqans, ElementsAre("/testvo/Role=production", "/testvo", "/testvo/sub"));
  // A proxy of that proxy has them too.
  identity = login(make_proxy(with), VomsUse::require);
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_EQ(identity->vo, "testvo");
  identity = login(with, VomsUse::off);
  ASSERT_TRUE(identity);
  EXPECT_THAT(identity->fqans, IsEmpty());
}

TEST_F(GsiVoms, unknown_organisations_do_not) {
  Credential with = proxy("nobody", {"/nobody/Role=admin"});
  auto identity = login(with, VomsUse::if_present);
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_THAT(identity->fqans, IsEmpty());
  EXPECT_EQ(identity->vo, "");
  identity = login(with, VomsUse::require);
  ASSERT_FALSE(identity);
  EXPECT_THAT(identity.error().detail, HasSubstr("VOMS"));
}

TEST_F(GsiVoms, servers_that_the_lsc_file_does_not_name_do_not) {
  believe("othervo", "/DC=org/DC=example/CN=another.example.org");
  Credential with = proxy("othervo", {"/othervo"});
  EXPECT_FALSE(login(with, VomsUse::require));
  auto identity = login(with, VomsUse::if_present);
  ASSERT_TRUE(identity);
  EXPECT_THAT(identity->fqans, IsEmpty());
}

TEST_F(GsiVoms, without_attributes_as_configured) {
  EXPECT_TRUE(login(make_proxy(grid().user), VomsUse::if_present));
  auto identity = login(make_proxy(grid().user), VomsUse::require);
  ASSERT_FALSE(identity);
  EXPECT_THAT(identity.error().detail, HasSubstr("without VOMS attributes"));
}

TEST_F(GsiVoms, what_was_found_out_is_kept_until_the_files_are_read_again) {
  believe("testvo", "/DC=org/DC=example/CN=voms.example.org");
  Credential with = proxy("testvo", {"/testvo"});
  auto authorities = CaDirectory::read(grid().ca_directory().string()).value();
  Verified verified = verify_chain(*authorities, {}, with.chain).value();
  VomsReader reader((grid().folder / "vomsdir").string(), grid().ca_directory().string());
  ASSERT_TRUE(reader.read(verified));
  std::filesystem::remove_all(grid().folder / "vomsdir" / "testvo");
  EXPECT_TRUE(reader.read(verified));
  reader.forget();
  EXPECT_FALSE(reader.read(verified));
  believe("testvo", "/DC=org/DC=example/CN=voms.example.org");
  EXPECT_FALSE(reader.read(verified));
  reader.forget();
  EXPECT_TRUE(reader.read(verified));
}

TEST_F(GsiVoms, attributes_of_somebody_else_do_not) {
  // The attribute certificate is for Jane; Mallory puts it into a proxy of his own.
  believe("testvo", "/DC=org/DC=example/CN=voms.example.org");
  Credential with = proxy("testvo", {"/testvo"});
  X509* janes = with.chain.front().get();
  Credential mallory = make_credential({.subject = "/DC=org/DC=example/CN=Mallory",
                                        .issuer = &grid().ca,
                                        .key = test_key("second proxy")});
  Credential stolen = make_proxy(mallory);
  Owned<ASN1_OBJECT, &ASN1_OBJECT_free> object(OBJ_txt2obj("1.3.6.1.4.1.8005.100.100.5", 1));
  int index = X509_get_ext_by_OBJ(janes, object.get(), -1);
  ASSERT_GE(index, 0);
  X509_add_ext(stolen.chain.front().get(), X509_get_ext(janes, index), -1);
  X509_sign(stolen.chain.front().get(), mallory.key.get(), EVP_sha256());
  auto identity = login(stolen, VomsUse::if_present);
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_EQ(identity->name, "/DC=org/DC=example/CN=Mallory");
  EXPECT_THAT(identity->fqans, IsEmpty());
  EXPECT_FALSE(login(stolen, VomsUse::require));
}

}  // namespace
}  // namespace sluice::auth::gsi::test
