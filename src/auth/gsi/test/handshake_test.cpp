// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/agreement.h"
#include "auth/gsi/test/test_grid.h"
#include "base/log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

namespace sluice::auth::gsi::test {
namespace {

using ::testing::HasSubstr;

class Gsi : public ::testing::Test {
 protected:
  static TestGrid& grid() {
    static TestGrid one;
    return one;
  }
  static std::unique_ptr<Method> method(const GsiConfig& config) {
    auto made = make_gsi(config);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? std::move(*made) : nullptr;
  }
  static Peer peer(std::string release = "") {
    Peer out;
    out.release = std::move(release);
    return out;
  }

  struct Outcome {
    Identity identity;
    std::shared_ptr<const SessionCipher> server_cipher;
    std::shared_ptr<const SessionCipher> client_cipher;
    int rounds = 0;
  };
  // Both sides talk until the server is content or somebody is not.
  static Result<Outcome> talk(Method& server_method, const Server& server, const Peer& from) {
    auto client = begin_gsi(server);
    auto conversation = server_method.begin(from);
    SLUICE_TRY(std::vector<std::byte> credential, client->begin());
    for (int round = 1; round < 10; ++round) {
      SLUICE_TRY(Verdict verdict, conversation->answer(credential));
      if (auto* proof = std::get_if<Proof>(&verdict))
        return Outcome{proof->identity, proof->cipher, client->cipher(), round};
      SLUICE_TRY(credential, client->answer(std::get<Challenge>(verdict).bytes));
    }
    return fail(Errc::server, "they never stop");
  }
  static Result<Outcome> talk(const GsiConfig& config, const Credential& credential,
                              std::string release = "") {
    auto server_method = method(config);
    return talk(*server_method, grid().server_seen_by(credential, *server_method),
                peer(std::move(release)));
  }
  static std::string refusal(const GsiConfig& config, const Credential& credential) {
    auto outcome = talk(config, credential);
    if (outcome) return "accepted " + outcome->identity.name;
    EXPECT_EQ(outcome.error().code, Errc::authentication);
    return outcome.error().detail;
  }
};

TEST_F(Gsi, proxy_logs_in) {
  auto outcome = talk(grid().config(), make_proxy(grid().user));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->identity.method, "gsi");
  EXPECT_EQ(outcome->identity.name, "/DC=org/DC=example/CN=Jane Doe");
  EXPECT_TRUE(outcome->identity.is_proven);
  EXPECT_EQ(outcome->rounds, 2);
  EXPECT_FALSE(outcome->identity.delegated);
}

TEST_F(Gsi, both_sides_have_the_same_cipher) {
  auto outcome = talk(grid().config(), make_proxy(grid().user));
  ASSERT_TRUE(outcome);
  std::vector<std::byte> hash(32, std::byte{7});
  auto sealed = outcome->client_cipher->encrypt(hash);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->size(), 64u);  // start vector and padding: what stock clients send
  EXPECT_NE(*sealed, *outcome->client_cipher->encrypt(hash));
  EXPECT_EQ(outcome->server_cipher->decrypt(*sealed).value(), hash);
  sealed->back() ^= std::byte{1};
  auto opened = outcome->server_cipher->decrypt(*sealed);
  EXPECT_TRUE(!opened || *opened != hash);
}

TEST_F(Gsi, certificate_without_proxy_logs_in) {
  auto outcome = talk(grid().config(), grid().user);
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->identity.name, "/DC=org/DC=example/CN=Jane Doe");
}

TEST_F(Gsi, groups_are_chosen_by_release) {
  for (std::string release : {"", "v5.5.3", "v5.6.0", "v6.1.0", "garbage"}) {
    auto outcome = talk(grid().config(), make_proxy(grid().user), release);
    EXPECT_TRUE(outcome) << release;
  }
  EXPECT_EQ(group_for(GroupChoice::automatic, "v5.5.3"), Group::ffdhe3072);
  EXPECT_EQ(group_for(GroupChoice::automatic, "v4.12.1"), Group::ffdhe3072);
  EXPECT_EQ(group_for(GroupChoice::automatic, "v5.6.0"), Group::xrootd);
  EXPECT_EQ(group_for(GroupChoice::automatic, "v5.10.1"), Group::xrootd);
  EXPECT_EQ(group_for(GroupChoice::automatic, "v6.0.2"), Group::xrootd);
  EXPECT_EQ(group_for(GroupChoice::automatic, "5"), Group::ffdhe3072);
  EXPECT_EQ(group_for(GroupChoice::xrootd, ""), Group::xrootd);
}

TEST_F(Gsi, each_version_is_spoken) {
  GsiConfig config = grid().config();
  config.legacy_versions = true;
  auto server_method = method(config);
  for (int version : {10000, 10100, 10200, 10300, 10400, 10500, 10600, 10700}) {
    Server server = grid().server_seen_by(make_proxy(grid().user), *server_method);
    server.parameters.replace(2, 5, std::to_string(version));
    auto outcome = talk(*server_method, server, peer());
    ASSERT_TRUE(outcome) << version << ": " << outcome.error().detail;
    EXPECT_EQ(outcome->identity.name, "/DC=org/DC=example/CN=Jane Doe");
    auto sealed = outcome->client_cipher->encrypt(std::vector<std::byte>(32));
    EXPECT_EQ(sealed->size(), version < 10400 ? 48u : 64u);
    EXPECT_TRUE(outcome->server_cipher->decrypt(*sealed)) << version;
  }
}

TEST_F(Gsi, old_versions_are_refused_unless_wanted) {
  auto server_method = method(grid().config());
  Server server = grid().server_seen_by(make_proxy(grid().user), *server_method);
  server.parameters.replace(2, 5, "10300");
  auto outcome = talk(*server_method, server, peer());
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().detail, HasSubstr("too old"));
}

TEST_F(Gsi, proxy_is_delegated) {
  GsiConfig config = grid().config();
  config.delegate = true;
  grid().environment["XrdSecGSIDELEGPROXY"] = "1";
  auto outcome = talk(config, make_proxy(make_proxy(grid().user), "654321"));
  grid().environment.erase("XrdSecGSIDELEGPROXY");
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->rounds, 3);
  ASSERT_TRUE(outcome->identity.delegated);
  const DelegatedProxy& delegated = *outcome->identity.delegated;
  EXPECT_EQ(delegated.credential().chain.size(), 4u);
  EXPECT_GT(delegated.expires(), std::chrono::system_clock::now());
  EXPECT_THAT(delegated.pem(), HasSubstr("PRIVATE KEY"));

  // And serves as a credential of its own, at another server and in the same name.
  auto server_method = method(grid().config());
  Server server = grid().server_seen_by(grid().host, *server_method);
  auto client = begin_gsi(server, outcome->identity.delegated);
  auto conversation = server_method->begin(peer());
  auto challenge = conversation->answer(client->begin().value());
  ASSERT_TRUE(challenge) << challenge.error().detail;
  auto verdict =
      conversation->answer(client->answer(std::get<Challenge>(*challenge).bytes).value());
  ASSERT_TRUE(verdict) << verdict.error().detail;
  EXPECT_EQ(std::get<Proof>(*verdict).identity.name, "/DC=org/DC=example/CN=Jane Doe");
}

TEST_F(Gsi, client_may_decline_to_delegate) {
  GsiConfig config = grid().config();
  config.delegate = true;
  auto outcome = talk(config, make_proxy(grid().user));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->rounds, 2);
  EXPECT_FALSE(outcome->identity.delegated);
  // It would, but the server is not one of those it trusts so far.
  grid().environment["XrdSecGSIDELEGPROXY"] = "1";
  grid().environment["XrdSecGSISRVNAMES"] = "*.example.org";
  outcome = talk(config, make_proxy(grid().user));
  grid().environment["XrdSecGSISRVNAMES"] = "*.example.org|local*";
  auto allowed = talk(config, make_proxy(grid().user));
  grid().environment.erase("XrdSecGSISRVNAMES");
  grid().environment.erase("XrdSecGSIDELEGPROXY");
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->identity.delegated);
  ASSERT_TRUE(allowed);
  EXPECT_TRUE(allowed->identity.delegated);
}

TEST_F(Gsi, limited_proxies_are_as_configured) {
  Credential limited = make_proxy(grid().user, "1", "critical,language:1.3.6.1.4.1.3536.1.1.1.9");
  GsiConfig config = grid().config();
  config.delegate = true;
  auto outcome = talk(config, limited);
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_FALSE(outcome->identity.delegated);
  config.limited_proxies = false;
  EXPECT_THAT(refusal(config, limited), HasSubstr("limited"));
  EXPECT_THAT(refusal(config, make_proxy(limited, "2")), HasSubstr("limited"));
}

TEST_F(Gsi, globus2_proxies_are_as_configured) {
  GsiConfig config = grid().config();
  Credential old = make_globus2_proxy(grid().user);
  EXPECT_THAT(refusal(config, old), HasSubstr("before RFC 3820"));
  config.legacy_proxies = true;
  auto outcome = talk(config, old);
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->identity.name, "/DC=org/DC=example/CN=Jane Doe");
  config.limited_proxies = false;
  EXPECT_THAT(refusal(config, make_globus2_proxy(grid().user, true)), HasSubstr("limited"));
  // Not signed by whom it names.
  Credential forged = make_globus2_proxy(grid().user);
  Credential impostor = share(grid().user);
  impostor.key.reset(nullptr);
  EVP_PKEY_up_ref(test_key("other"));
  impostor.key.reset(test_key("other"));
  forged = make_globus2_proxy(impostor);
  EXPECT_THAT(refusal(config, forged), HasSubstr("signature"));
  // Neither kind on top of the other.
  EXPECT_THAT(refusal(config, make_proxy(old)), HasSubstr("gsi: "));
}

struct BadProxy {
  std::string name;
  std::function<Credential(TestGrid&)> make;
  std::string why;
};

TEST_F(Gsi, bad_chains_are_refused) {
  const std::vector<BadProxy> rows{
      {"another name",
       [](TestGrid& g) {
         Credential out = make_proxy(g.user);
         out.chain[0] = make_certificate(
             {.subject = "/DC=org/DC=example/CN=Somebody Else/CN=1",
              .issuer = &g.user,
              .key = out.key.get(),
              .extensions = {{NID_proxyCertInfo, "critical,language:id-ppl-inheritAll"}}});
         return out;
       },
       "proxy"},
      {"independent policy",
       [](TestGrid& g) { return make_proxy(g.user, "1", "critical,language:id-ppl-independent"); },
       "policy"},
      {"path length used up",
       [](TestGrid& g) {
         return make_proxy(make_proxy(g.user, "1", "critical,language:id-ppl-inheritAll,pathlen:0"),
                           "2");
       },
       "path"},
      {"signed by another key",
       [](TestGrid& g) {
         Credential impostor = share(g.user);
         EVP_PKEY_up_ref(test_key("other"));
         impostor.key.reset(test_key("other"));
         return make_proxy(impostor);
       },
       "signature"},
      {"name of one site, signed by another",
       [](TestGrid& g) {
         return make_proxy(make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                            .issuer = &g.other,
                                            .key = test_key("user")}));
       },
       "may not sign this name"},
      {"MD5",
       [](TestGrid& g) {
         return make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                 .issuer = &g.ca,
                                 .key = test_key("user"),
                                 .digest = EVP_md5()});
       },
       "weak"},
      {"SHA-1",
       [](TestGrid& g) {
         return make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                 .issuer = &g.ca,
                                 .key = test_key("user"),
                                 .digest = EVP_sha1()});
       },
       "weak"},
      {"not valid yet",
       [](TestGrid& g) {
         return make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                 .issuer = &g.ca,
                                 .key = test_key("user"),
                                 .from = 1800});
       },
       "not yet valid"},
      {"the authority itself", [](TestGrid& g) { return share(g.ca); }, "authority"},
  };
  for (const BadProxy& row : rows)
    EXPECT_THAT(refusal(grid().config(), row.make(grid())), HasSubstr(row.why)) << row.name;
}

TEST_F(Gsi, proxies_with_sha1_are_taken_but_not_with_md5) {
  // Their users' authorities may not use it: see above.
  for (const EVP_MD* digest : {EVP_sha1(), EVP_md5()}) {
    Credential proxy = make_proxy(grid().user);
    X509_sign(proxy.chain[0].get(), grid().user.key.get(), digest);
    EXPECT_EQ(talk(grid().config(), proxy).has_value(), digest == EVP_sha1());
  }
}

TEST_F(Gsi, an_end_entity_signs_no_certificates) {
  // Jane signs herself a colleague; to OpenSSL she is no authority.
  Credential colleague = make_credential(
      {.subject = "/DC=org/DC=example/CN=John", .issuer = &grid().user, .key = test_key("proxy")});
  colleague.chain.push_back(gsi::share(grid().user.chain[0].get()));
  auto server_method = method(grid().config());
  Server server = grid().server_seen_by(colleague, *server_method);
  EXPECT_FALSE(talk(*server_method, server, peer()));
}

TEST_F(Gsi, unknown_authority_is_refused_at_once) {
  Credential stranger = make_credential({.subject = "/O=Nobody/CN=CA",
                                         .key = test_key("proxy"),
                                         .extensions = {{NID_basic_constraints, "CA:TRUE"}}});
  Credential user =
      make_credential({.subject = "/O=Nobody/CN=X", .issuer = &stranger, .key = test_key("user")});
  EXPECT_THAT(refusal(grid().config(), user), HasSubstr("unknown CA"));
}

TEST_F(Gsi, expired_ones_are_refused) {
  // The client looks by itself, so the server is asked with a chain that it is handed.
  Credential expired = make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                                        .issuer = &grid().ca,
                                        .key = test_key("user"),
                                        .to = -60});
  EXPECT_THAT(refusal(grid().config(), expired), HasSubstr("expired"));
  auto server_method = method(grid().config());
  Server server = grid().server_seen_by(grid().user, *server_method);
  std::vector<Credential> shown;
  shown.push_back(make_proxy(grid().user, "1", "critical,language:id-ppl-inheritAll", -60));
  shown.push_back(make_proxy(expired));
  for (Credential& bad : shown) {
    auto client = begin_gsi(server, std::make_shared<DelegatedProxy>(std::move(bad)));
    auto conversation = server_method->begin(peer());
    auto challenge = conversation->answer(client->begin().value());
    ASSERT_TRUE(challenge);
    auto verdict =
        conversation->answer(client->answer(std::get<Challenge>(*challenge).bytes).value());
    ASSERT_FALSE(verdict);
    EXPECT_THAT(verdict.error().detail, HasSubstr("expired"));
  }
}

TEST_F(Gsi, revocation_lists_are_as_configured) {
  TestGrid own;
  auto outcome = [&](CrlUse use) {
    GsiConfig config = own.config();
    config.crl = use;
    auto server_method = method(config);
    auto result =
        talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer());
    return result ? std::string("accepted") : result.error().detail;
  };
  EXPECT_EQ(outcome(CrlUse::if_valid), "accepted");
  EXPECT_THAT(outcome(CrlUse::require), HasSubstr("CRL"));
  own.revoke(own.ca, nullptr);
  EXPECT_EQ(outcome(CrlUse::require), "accepted");
  own.revoke(own.ca, nullptr, -60);
  EXPECT_EQ(outcome(CrlUse::if_valid), "accepted");
  EXPECT_THAT(outcome(CrlUse::require), HasSubstr("CRL has expired"));
  own.revoke(own.ca, own.user.chain[0].get());
  EXPECT_EQ(outcome(CrlUse::ignore), "accepted");
  EXPECT_THAT(outcome(CrlUse::if_valid), HasSubstr("revoked"));
  EXPECT_THAT(outcome(CrlUse::require), HasSubstr("revoked"));
  own.revoke(own.ca, own.user.chain[0].get(), -60);
  EXPECT_THAT(outcome(CrlUse::if_valid), HasSubstr("revoked"));
}

TEST_F(Gsi, signing_policies_are_as_configured) {
  TestGrid own;
  std::filesystem::path policy =
      own.ca_directory() /
      (hashes_of(X509_get_subject_name(own.ca.chain[0].get()))[0] + ".signing_policy");
  auto outcome = [&](PolicyUse use) {
    GsiConfig config = own.config();
    config.signing_policy = use;
    config.verify_host_certificate = false;
    auto server_method = method(config);
    // The client side has a look at the same directory: with its own rules.
    own.environment["X509_CERT_DIR"] = grid().ca_directory().string();
    auto result =
        talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer());
    return result ? std::string("accepted") : result.error().detail;
  };
  // Both folders trust the same key under the same name, so the client believes the host.
  std::filesystem::copy_file(grid().ca_directory() / policy.filename().replace_extension(".0"),
                             own.ca_directory() / policy.filename().replace_extension(".1"));
  std::filesystem::remove(policy);
  EXPECT_THAT(outcome(PolicyUse::require), HasSubstr("no signing policy"));
  EXPECT_EQ(outcome(PolicyUse::if_present), "accepted");
  own.trust(own.ca, "\"/DC=org/DC=elsewhere/*\"");
  EXPECT_THAT(outcome(PolicyUse::if_present), HasSubstr("may not sign"));
  EXPECT_EQ(outcome(PolicyUse::ignore), "accepted");
  write_file(policy, "garbage\n");
  EXPECT_THAT(outcome(PolicyUse::if_present), HasSubstr("may not sign"));
}

TEST_F(Gsi, reload_takes_new_authorities_and_certificates) {
  TestGrid own;
  auto server_method = method(own.config());
  auto refused =
      talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer());
  ASSERT_TRUE(refused) << refused.error().detail;
  own.revoke(own.ca, own.user.chain[0].get());
  EXPECT_TRUE(
      talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer()));
  ASSERT_TRUE(server_method->reload());
  EXPECT_FALSE(
      talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer()));
  // A key that does not fit is not taken, and what was there goes on.
  std::filesystem::remove(own.ca_directory() /
                          (hashes_of(X509_get_subject_name(own.ca.chain[0].get()))[0] + ".r0"));
  ASSERT_TRUE(server_method->reload());
  write_file(own.folder / "hostkey.pem", key_text(test_key("other")), true);
  auto status = server_method->reload();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().detail, HasSubstr("does not belong"));
  EXPECT_TRUE(
      talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer()));
  // A new pair is.
  Credential renewed = make_credential({.subject = "/DC=org/DC=example/CN=renewed",
                                        .issuer = &own.ca,
                                        .key = test_key("other"),
                                        .extensions = {{NID_subject_alt_name, "DNS:localhost"}}});
  write_file(own.folder / "hostcert.pem", pem_of(renewed.chain));
  ASSERT_TRUE(server_method->reload());
  EXPECT_TRUE(
      talk(*server_method, own.server_seen_by(make_proxy(own.user), *server_method), peer()));
}

TEST_F(Gsi, client_looks_at_the_server) {
  auto server_method = method(grid().config());
  Server server = grid().server_seen_by(make_proxy(grid().user), *server_method);
  auto outcome_at = [&](std::string name) {
    server.host = std::move(name);
    auto outcome = talk(*server_method, server, peer());
    return outcome ? std::string("accepted") : outcome.error().detail;
  };
  EXPECT_EQ(outcome_at("localhost"), "accepted");
  EXPECT_EQ(outcome_at("LOCALHOST"), "accepted");
  EXPECT_EQ(outcome_at("127.0.0.1"), "accepted");
  EXPECT_THAT(outcome_at("door.example.org"), HasSubstr("is not for door.example.org"));
  EXPECT_THAT(outcome_at(""), HasSubstr("is not for"));
}

TEST_F(Gsi, names_of_the_resolver_count_only_where_trusted) {
  TestGrid own;
  own.environment["XrdSecGSIDELEGPROXY"] = "1";
  Credential named = make_credential({.subject = "/DC=org/DC=example/CN=host/localhost",
                                      .issuer = &own.ca,
                                      .key = test_key("host")});
  write_file(own.folder / "hostcert.pem", pem_of(named.chain));
  GsiConfig config = own.config();
  config.delegate = true;
  auto server_method = method(config);
  auto outcome_at = [&](std::string name) {
    Server server = own.server_seen_by(make_proxy(own.user), *server_method);
    server.host = std::move(name);
    return talk(*server_method, server, peer());
  };
  // A common name counts where there are no others.
  auto direct = outcome_at("localhost");
  ASSERT_TRUE(direct) << direct.error().detail;
  EXPECT_TRUE(direct->identity.delegated);
  EXPECT_FALSE(outcome_at("127.0.0.1"));
  own.environment["XrdSecGSITRUSTDNS"] = "1";
  auto resolved = outcome_at("127.0.0.1");
  ASSERT_TRUE(resolved) << resolved.error().detail;
  EXPECT_FALSE(resolved->identity.delegated);
}

TEST_F(Gsi, mistakes_of_an_operator_are_told_in_a_line) {
  auto error_with = [&](auto change) {
    GsiConfig config = grid().config();
    change(config);
    auto made = make_gsi(config);
    return made ? std::string("made") : made.error().detail;
  };
  std::string folder = grid().folder.string();
  EXPECT_THAT(error_with([](GsiConfig& c) { c.certificate = "/nowhere/cert.pem"; }),
              HasSubstr("certificate /nowhere/cert.pem: No such file"));
  EXPECT_THAT(error_with([](GsiConfig& c) { c.key = "/nowhere/key.pem"; }),
              HasSubstr("private key /nowhere/key.pem: No such file"));
  EXPECT_THAT(error_with([&](GsiConfig& c) { c.key = c.certificate; }),
              HasSubstr("others may read"));
  write_file(folder + "/wrong.pem", key_text(test_key("user")), true);
  EXPECT_THAT(error_with([&](GsiConfig& c) { c.key = folder + "/wrong.pem"; }),
              HasSubstr("does not belong to certificate"));
  EXPECT_THAT(error_with([&](GsiConfig& c) { c.ca_directory = folder + "/vomsdir"; }),
              HasSubstr("no authorities"));
  EXPECT_THAT(error_with([](GsiConfig& c) { c.ca_directory = "/nowhere"; }),
              HasSubstr("/nowhere: No such file"));
  EXPECT_THAT(error_with([](GsiConfig& c) { c.ciphers = {"bf-cbc"}; }), HasSubstr("bf-cbc"));
}

}  // namespace
}  // namespace sluice::auth::gsi::test
