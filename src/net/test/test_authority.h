// SPDX-License-Identifier: Apache-2.0
// A certificate authority for tests, in a temporary directory with hashed names. Keys are made once per program.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace sluice::net::test {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_CRL* list) const { X509_CRL_free(list); }
  void operator()(FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

inline void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

// Two keys, for what must not fit together.
inline EVP_PKEY* key(int which) {
  static const std::array<Key, 3> keys{Key(EVP_EC_gen("P-256")), Key(EVP_EC_gen("P-256")),
                                       Key(EVP_EC_gen("P-256"))};
  return keys.at(static_cast<std::size_t>(which)).get();
}
constexpr int ca_key = 0;
constexpr int host_key = 1;
constexpr int other_key = 2;

struct Wanted {
  std::string name = "localhost";
  std::string alternatives = "DNS:localhost,IP:127.0.0.1";  // empty: none
  long begin = -3600;                                       // seconds from now
  long end = 86400;
  int key = host_key;
};

class Authority {
 public:
  explicit Authority(std::string name = "Test CA") : name_(std::move(name)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-tls-XXXXXX").string();
    must(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    home_ = pattern;
    std::filesystem::create_directory(home_ / "certificates");
    own_ = make({name_, "", -86400, 864000, ca_key}, true);
    char hash[16];
    std::snprintf(hash, sizeof hash, "%08lx", X509_subject_name_hash(own_.get()));
    hash_ = hash;
    write(home_ / "certificates" / (hash_ + ".0"),
          [this](FILE* out) { PEM_write_X509(out, own_.get()); });
  }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  ~Authority() {
    std::error_code ignored;
    std::filesystem::remove_all(home_, ignored);
  }

  std::string directory() const { return (home_ / "certificates").string(); }
  std::string file(const std::string& name) const { return (home_ / name).string(); }

  // Writes NAME.pem and NAME.key.
  void issue(const std::string& name, const Wanted& wanted = {}) {
    Certificate made = make(wanted, false);
    write(home_ / (name + ".pem"), [&](FILE* out) { PEM_write_X509(out, made.get()); });
    write_key(name + ".key", wanted.key);
  }

  void write_key(const std::string& name, int which) {
    write(home_ / name, [&](FILE* out) {
      PEM_write_PrivateKey(out, key(which), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  // Takes the certificate NAME.pem back.
  void revoke(const std::string& name) {
    std::unique_ptr<FILE, Free> in(std::fopen(file(name + ".pem").c_str(), "r"));
    must(in != nullptr, "certificate");
    Certificate taken(PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
    std::unique_ptr<X509_CRL, Free> list(X509_CRL_new());
    X509_CRL_set_version(list.get(), 1);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(own_.get()));
    ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
    ASN1_TIME* later = X509_gmtime_adj(nullptr, 86400);
    X509_CRL_set1_lastUpdate(list.get(), now);
    X509_CRL_set1_nextUpdate(list.get(), later);
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(taken.get()));
    X509_REVOKED_set_revocationDate(entry, now);
    X509_CRL_add0_revoked(list.get(), entry);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    must(X509_CRL_sign(list.get(), key(ca_key), EVP_sha256()) > 0, "sign a list");
    write(home_ / "certificates" / (hash_ + ".r0"),
          [&](FILE* out) { PEM_write_X509_CRL(out, list.get()); });
  }

 private:
  template <class Write>
  static void write(const std::filesystem::path& path, Write write) {
    std::unique_ptr<FILE, Free> out(std::fopen(path.c_str(), "w"));
    must(out != nullptr, "open for writing");
    write(out.get());
  }

  Certificate make(const Wanted& wanted, bool is_authority) {
    static long serial = 1;
    Certificate made(X509_new());
    X509* raw = made.get();
    X509_set_version(raw, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(raw), wanted.begin);
    X509_gmtime_adj(X509_getm_notAfter(raw), wanted.end);
    X509_set_pubkey(raw, key(wanted.key));
    X509_NAME* subject = X509_get_subject_name(raw);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1,
                               0);
    X509* issuer = is_authority ? raw : own_.get();
    X509_set_issuer_name(raw, X509_get_subject_name(issuer));
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, raw, nullptr, nullptr, 0);
    auto add = [&](int kind, const std::string& value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
      must(extension != nullptr, "extension");
      X509_add_ext(raw, extension, -1);
      X509_EXTENSION_free(extension);
    };
    add(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (is_authority) add(NID_key_usage, "critical,keyCertSign,cRLSign");
    if (!wanted.alternatives.empty()) add(NID_subject_alt_name, wanted.alternatives);
    must(X509_sign(raw, key(ca_key), EVP_sha256()) > 0, "sign");
    return made;
  }

  std::string name_;
  std::filesystem::path home_;
  std::string hash_;
  Certificate own_;
};

}  // namespace sluice::net::test
