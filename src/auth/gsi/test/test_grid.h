// SPDX-License-Identifier: Apache-2.0
// A small grid for tests: two authorities, a host, a user and her proxies, as certificates in memory and as the files that servers
// and clients read, in a folder of its own.
#pragma once

#include "auth/gsi/certificate.h"
#include "auth/gsi/gsi.h"
#include "base/crypto.h"
#include "base/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/conf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace sluice::auth::gsi::test {

struct Extra {
  int nid;
  std::string value;  // as openssl.cnf has it
};

struct Wish {
  std::string subject;                 // "/DC=org/CN=Jane"
  const Credential* issuer = nullptr;  // null: signs itself
  EVP_PKEY* key = nullptr;
  long from = -3600;  // seconds from now
  long to = 36'000;
  std::vector<Extra> extensions = {};
  const EVP_MD* digest = nullptr;  // null: SHA-256
};

// RSA 2048, made once per name and program.
EVP_PKEY* test_key(const std::string& name);

Certificate make_certificate(const Wish& wish);
Credential make_credential(const Wish& wish);
// What the proxy's own certificate is signed by is in front of its chain.
Credential make_proxy(const Credential& issuer, const std::string& common_name = "123456",
                      const std::string& policy = "critical,language:id-ppl-inheritAll",
                      long to = 1800);
Credential make_globus2_proxy(const Credential& issuer, bool is_limited = false);
Credential share(const Credential& credential);

void write_file(const std::filesystem::path& path, std::string_view text, bool is_secret = false);
// In the form of grid tools: certificate, key, chain.
std::string text_of(const Credential& credential);
std::string key_text(EVP_PKEY* key);

class TestGrid {
 public:
  TestGrid();
  ~TestGrid();
  TestGrid(const TestGrid&) = delete;
  TestGrid& operator=(const TestGrid&) = delete;

  std::filesystem::path folder;
  Credential ca;     // /DC=org/DC=example/CN=Test CA
  Credential other;  // an authority of another site, trusted too
  Credential host;   // localhost
  Credential user;   // /DC=org/DC=example/CN=Jane Doe

  GsiConfig config() const;
  // A client with this credential, and its own environment.
  Server server_seen_by(const Credential& credential, const Method& method);
  std::map<std::string, std::string> environment;

  std::filesystem::path ca_directory() const { return folder / "certificates"; }
  void trust(const Credential& authority, const std::string& policy_subjects);
  void revoke(const Credential& authority, const X509* certificate, long next_update = 3600);
};

namespace detail {

using Name = Owned<X509_NAME, &X509_NAME_free>;
using Extension = Owned<X509_EXTENSION, &X509_EXTENSION_free>;

inline Name name_of(const std::string& slash) {
  Name name(X509_NAME_new());
  std::vector<std::string_view> parts = split(slash, '/');
  std::string open;
  auto add = [&] {
    if (open.empty()) return;
    std::size_t equals = open.find('=');
    EXPECT_EQ(X509_NAME_add_entry_by_txt(
                  name.get(), open.substr(0, equals).c_str(), MBSTRING_UTF8,
                  reinterpret_cast<const unsigned char*>(open.c_str() + equals + 1), -1, -1, 0),
              1);
  };
  for (std::string_view part : parts) {
    if (part.find('=') == part.npos && !open.empty()) {
      open.append("/").append(part);
      continue;
    }
    add();
    open = part;
  }
  add();
  return name;
}

inline std::int64_t random_serial() {
  std::array<std::byte, 4> bytes{};
  fill_random(bytes);
  return load_be<std::uint32_t>(bytes);
}

}  // namespace detail

inline EVP_PKEY* test_key(const std::string& name) {
  static std::map<std::string, Key> keys;
  Key& key = keys[name];
  if (!key) key.reset(EVP_RSA_gen(2048));
  return key.get();
}

inline Certificate make_certificate(const Wish& wish) {
  Certificate out(X509_new());
  X509* issuer = wish.issuer ? wish.issuer->chain.front().get() : out.get();
  detail::Name subject = detail::name_of(wish.subject);
  X509_set_version(out.get(), X509_VERSION_3);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(out.get()), detail::random_serial());
  X509_set_subject_name(out.get(), subject.get());
  X509_set_issuer_name(out.get(), wish.issuer ? X509_get_subject_name(issuer) : subject.get());
  X509_gmtime_adj(X509_getm_notBefore(out.get()), wish.from);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), wish.to);
  X509_set_pubkey(out.get(), wish.key);
  for (const Extra& extra : wish.extensions) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, out.get(), nullptr, nullptr, 0);
    // Empty, but the extension of proxies wants one.
    Owned<CONF, &NCONF_free> database(NCONF_new(nullptr));
    X509V3_set_nconf(&context, database.get());
    detail::Extension extension(
        X509V3_EXT_nconf_nid(nullptr, &context, extra.nid, extra.value.c_str()));
    EXPECT_TRUE(extension) << extra.value;
    X509_add_ext(out.get(), extension.get(), -1);
  }
  X509_sign(out.get(), wish.issuer ? wish.issuer->key.get() : wish.key,
            wish.digest ? wish.digest : EVP_sha256());
  return out;
}

inline Credential make_credential(const Wish& wish) {
  Credential out;
  out.chain.push_back(make_certificate(wish));
  EVP_PKEY_up_ref(wish.key);
  out.key.reset(wish.key);
  return out;
}

inline Credential make_proxy(const Credential& issuer, const std::string& common_name,
                             const std::string& policy, long to) {
  // Another key than the issuer's, whichever that is.
  EVP_PKEY* key = test_key("proxy");
  if (issuer.key.get() == key) key = test_key("second proxy");
  Credential out =
      make_credential({.subject = subject_of(issuer.chain.front().get()) + "/CN=" + common_name,
                       .issuer = &issuer,
                       .key = key,
                       .to = to,
                       .extensions = {{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
                                      {NID_proxyCertInfo, policy}}});
  for (const Certificate& one : issuer.chain) out.chain.push_back(gsi::share(one.get()));
  return out;
}

inline Credential make_globus2_proxy(const Credential& issuer, bool is_limited) {
  Credential out = make_credential({.subject = subject_of(issuer.chain.front().get()) +
                                               (is_limited ? "/CN=limited proxy" : "/CN=proxy"),
                                    .issuer = &issuer,
                                    .key = test_key("proxy")});
  for (const Certificate& one : issuer.chain) out.chain.push_back(gsi::share(one.get()));
  return out;
}

inline Credential share(const Credential& credential) {
  Credential out;
  out.chain = gsi::share(credential.chain);
  EVP_PKEY_up_ref(credential.key.get());
  out.key.reset(credential.key.get());
  return out;
}

inline void write_file(const std::filesystem::path& path, std::string_view text, bool is_secret) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), is_secret ? 0600 : 0644);
}

inline std::string key_text(EVP_PKEY* key) {
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_in(out.get());
}

inline std::string text_of(const Credential& credential) {
  std::string out = pem_of(credential.chain.front().get()) + key_text(credential.key.get());
  for (std::size_t i = 1; i < credential.chain.size(); ++i)
    out += pem_of(credential.chain[i].get());
  return out;
}

inline TestGrid::TestGrid() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-gsi-XXXXXX").string();
  folder = ::mkdtemp(pattern.data());
  std::filesystem::create_directories(ca_directory());
  std::filesystem::create_directories(folder / "vomsdir");
  std::vector<Extra> authority{{NID_basic_constraints, "critical,CA:TRUE"},
                               {NID_key_usage, "critical,keyCertSign,cRLSign"},
                               {NID_subject_key_identifier, "hash"}};
  ca = make_credential({.subject = "/DC=org/DC=example/CN=Test CA",
                        .key = test_key("ca"),
                        .to = 360'000,
                        .extensions = authority});
  other = make_credential({.subject = "/C=XY/O=Elsewhere/CN=Other CA",
                           .key = test_key("other"),
                           .to = 360'000,
                           .extensions = authority});
  host = make_credential({.subject = "/DC=org/DC=example/CN=localhost",
                          .issuer = &ca,
                          .key = test_key("host"),
                          .extensions = {{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"}}});
  user =
      make_credential({.subject = "/DC=org/DC=example/CN=Jane Doe",
                       .issuer = &ca,
                       .key = test_key("user"),
                       .extensions = {{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
                                      {NID_subject_key_identifier, "hash"}}});
  trust(ca, "\"/DC=org/DC=example/*\"");
  trust(other, "\"/C=XY/O=Elsewhere/*\"");
  write_file(folder / "hostcert.pem", pem_of(host.chain));
  write_file(folder / "hostkey.pem", key_text(host.key.get()), true);
  environment["X509_CERT_DIR"] = ca_directory().string();
}

inline TestGrid::~TestGrid() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

inline void TestGrid::trust(const Credential& authority, const std::string& policy_subjects) {
  X509* certificate = authority.chain.front().get();
  std::string hash = hashes_of(X509_get_subject_name(certificate))[0];
  write_file(ca_directory() / (hash + ".0"), pem_of(certificate));
  write_file(ca_directory() / (hash + ".signing_policy"),
             fmt::format("# names of {0}\naccess_id_CA X509 '{0}'\npos_rights globus CA:sign\n"
                         "cond_subjects globus '{1}'\n",
                         subject_of(certificate), policy_subjects));
}

inline void TestGrid::revoke(const Credential& authority, const X509* certificate,
                             long next_update) {
  X509* issuer = authority.chain.front().get();
  Owned<X509_CRL, &X509_CRL_free> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer));
  Owned<ASN1_TIME, &ASN1_TIME_free> now(X509_gmtime_adj(nullptr, -7200));
  Owned<ASN1_TIME, &ASN1_TIME_free> next(X509_gmtime_adj(nullptr, next_update));
  X509_CRL_set1_lastUpdate(list.get(), now.get());
  X509_CRL_set1_nextUpdate(list.get(), next.get());
  if (certificate) {
    X509_REVOKED* revoked = X509_REVOKED_new();
    Owned<ASN1_INTEGER, &ASN1_INTEGER_free> serial(
        ASN1_INTEGER_dup(X509_get0_serialNumber(certificate)));
    X509_REVOKED_set_serialNumber(revoked, serial.get());
    X509_REVOKED_set_revocationDate(revoked, now.get());
    X509_CRL_add0_revoked(list.get(), revoked);
  }
  X509_CRL_sort(list.get());
  X509_CRL_sign(list.get(), authority.key.get(), EVP_sha256());
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(out.get(), list.get());
  write_file(ca_directory() / (hashes_of(X509_get_subject_name(issuer))[0] + ".r0"),
             text_in(out.get()));
}

inline GsiConfig TestGrid::config() const {
  GsiConfig out;
  out.certificate = (folder / "hostcert.pem").string();
  out.key = (folder / "hostkey.pem").string();
  out.ca_directory = ca_directory().string();
  out.vomsdir = (folder / "vomsdir").string();
  return out;
}

inline Server TestGrid::server_seen_by(const Credential& credential, const Method& method) {
  std::string path = (folder / "proxy.pem").string();
  write_file(path, text_of(credential), true);
  environment["X509_USER_PROXY"] = path;
  Server server;
  server.host = "localhost";
  server.parameters = method.parameters();
  server.variable = [values = environment](std::string_view name) {
    auto found = values.find(std::string(name));
    return found == values.end() ? std::string() : found->second;
  };
  return server;
}

}  // namespace sluice::auth::gsi::test
