// SPDX-License-Identifier: Apache-2.0
// Clients of TLS: whom they trust, which sessions they resume, and what they say when a certificate is refused.
#include "net/tls_context.h"
#include "net/tls_openssl.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <map>

namespace sluice::net {

struct SessionFree {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

// The last session of every server, to be resumed.
struct TlsSessions {
  using SessionPtr = std::unique_ptr<SSL_SESSION, SessionFree>;
  static constexpr std::size_t most = 1024;

  void keep(const std::string& server, SessionPtr session) {
    std::lock_guard lock(mutex);
    if (all.size() >= most && !all.contains(server)) all.erase(all.begin());
    all[server] = std::move(session);
  }

  void apply(const std::string& server, SSL* ssl) {
    std::lock_guard lock(mutex);
    auto known = all.find(server);
    if (known == all.end()) return;
    SessionPtr copy(SSL_SESSION_dup(known->second.get()));
    if (copy) SSL_set_session(ssl, copy.get());
  }

 private:
  std::mutex mutex;
  std::map<std::string, SessionPtr> all;
};

namespace {

// What an SSL object of a client is about.
struct Dialled {
  std::string host;
  std::string server;  // host:port
  std::string ca_directory;
  std::shared_ptr<TlsSessions> sessions;
  std::string refusal;  // why the certificate was refused
};

void free_dialled(void*, void* dialled, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Dialled*>(dialled);
}

int dialled_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_dialled);
  return index;
}

Dialled* dialled_of(const SSL* ssl) {
  return static_cast<Dialled*>(SSL_get_ex_data(ssl, dialled_index()));
}

std::string text_of(const X509_NAME* name) {
  std::array<char, 256> text{};
  X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
  return text.data();
}

// "DNS:a.example, IP:192.0.2.1": whom the certificate is for.
std::string names_of(const X509* certificate) {
  constexpr std::size_t most = 8;
  using Names = std::unique_ptr<GENERAL_NAMES,
                                decltype([](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); })>;
  Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string all;
  int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count && i < static_cast<int>(most); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const unsigned char* bytes = ASN1_STRING_get0_data(value);
    int size = ASN1_STRING_length(value);
    if (!all.empty()) all += ", ";
    if (type == GEN_DNS) {
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
      continue;
    }
    std::array<char, INET6_ADDRSTRLEN> address{};
    ::inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, address.data(), address.size());
    all += address.data();
  }
  return all.empty() ? text_of(X509_get_subject_name(certificate)) : all;
}

std::string refusal_of(int code, const X509* certificate, const Dialled& dialled) {
  if (certificate == nullptr) return X509_verify_cert_error_string(code);
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return fmt::format("its certificate is from {}, which is not among the authorities in {}",
                         text_of(X509_get_issuer_name(certificate)), dialled.ca_directory);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("its certificate is for {}, not for {}", names_of(certificate),
                         dialled.host);
    default:
      return fmt::format("{}: {}", X509_verify_cert_error_string(code),
                         text_of(X509_get_subject_name(certificate)));
  }
}

// Lists of revoked certificates count where they are; most authorities of a directory have none.
int on_verified(int good, X509_STORE_CTX* verification) {
  if (good == 1) return 1;
  int code = X509_STORE_CTX_get_error(verification);
  if (code == X509_V_ERR_UNABLE_TO_GET_CRL) {
    X509_STORE_CTX_set_error(verification, X509_V_OK);
    return 1;
  }
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (Dialled* dialled = ssl != nullptr ? dialled_of(ssl) : nullptr; dialled != nullptr)
    dialled->refusal = refusal_of(code, X509_STORE_CTX_get_current_cert(verification), *dialled);
  return 0;
}

int on_session(SSL* ssl, SSL_SESSION* session) {
  Dialled* dialled = dialled_of(ssl);
  if (dialled == nullptr) return 0;
  // A copy: OpenSSL spoils the session of a connection that ends without a good-bye.
  if (TlsSessions::SessionPtr copy(SSL_SESSION_dup(session)); copy)
    dialled->sessions->keep(dialled->server, std::move(copy));
  return 0;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool expect_host(SSL* ssl, const std::string& host) {
  if (is_address(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

ClientTls::ClientTls(std::string ca_directory, Duration refresh, bool resumes)
    : ca_directory_(ca_directory.empty() ? default_ca_directory() : std::move(ca_directory)),
      refresh_(refresh),
      resumes_(resumes),
      sessions_(std::make_shared<TlsSessions>()) {}

ClientTls::~ClientTls() = default;

Result<std::shared_ptr<ssl_ctx_st>> ClientTls::context() {
  std::lock_guard lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  if (context_ && now - made_at_ < refresh_) return context_;
  std::error_code error;
  if (!std::filesystem::is_directory(ca_directory_, error))
    return fail(Errc::authentication,
                fmt::format("TLS: the directory of certificate authorities {} does not exist "
                            "(X509_CERT_DIR names another one)",
                            ca_directory_));
  ContextPtr fresh = make_context(TLS_client_method());
  if (!fresh) return fail(Errc::no_memory, "TLS: " + openssl_reason());
  if (SSL_CTX_load_verify_dir(fresh.get(), ca_directory_.c_str()) != 1)
    return fail(Errc::authentication, fmt::format("TLS: {}: {}", ca_directory_, openssl_reason()));
  X509_STORE_set_flags(SSL_CTX_get_cert_store(fresh.get()),
                       X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  SSL_CTX_set_verify(fresh.get(), SSL_VERIFY_PEER, &on_verified);
  SSL_CTX_set_session_cache_mode(fresh.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(fresh.get(), &on_session);
  context_ = std::move(fresh);
  made_at_ = now;
  return context_;
}

Result<SslPtr> ClientTls::connection(const std::string& host, std::uint16_t port) {
  SLUICE_TRY(auto context, this->context());
  SslPtr ssl(SSL_new(context.get()));
  auto dialled = std::make_unique<Dialled>(
      Dialled{host, host + ":" + std::to_string(port), ca_directory_, sessions_, {}});
  const std::string server = dialled->server;
  if (!ssl || SSL_set_ex_data(ssl.get(), dialled_index(), dialled.get()) != 1)
    return fail(Errc::no_memory, "TLS: " + openssl_reason());
  static_cast<void>(dialled.release());  // the connection frees it
  if (!expect_host(ssl.get(), host))
    return fail(Errc::invalid_argument, "TLS: \"" + host + "\" is no name of a host");
  if (resumes_) sessions_->apply(server, ssl.get());
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string handshake_failure(ssl_st* ssl) {
  const Dialled* dialled = dialled_of(ssl);
  std::string reason = openssl_reason();
  return dialled != nullptr && !dialled->refusal.empty() ? dialled->refusal : reason;
}

}  // namespace sluice::net
