// SPDX-License-Identifier: Apache-2.0
#include "net/tls_context.h"

#include "base/crypto.h"
#include "net/tls_openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace sluice::net {
namespace {

// AES-128 first: it is the quicker one, and nobody breaks either.
constexpr const char* suites_13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* ciphers_12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr std::size_t ticket_key_size = 80;  // as SSL_CTX_set_tlsext_ticket_keys wants it

tl::unexpected<Error> bad_file(const std::string& file, std::string_view why) {
  ERR_clear_error();
  return fail(Errc::usage, fmt::format("TLS: {}: {}", file, why));
}

// Missing and unreadable files get the system's words, which OpenSSL hides.
Status check_readable(const std::string& file) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  return bad_file(file, std::generic_category().message(errno));
}

// Nobody is there to type a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string text_of(const ASN1_TIME* time) {
  std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })> out(BIO_new(BIO_s_mem()));
  if (!out || ASN1_TIME_print(out.get(), time) != 1) return "?";
  char* text = nullptr;
  long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Status use_certificate(SSL_CTX* context, const std::string& file) {
  SLUICE_CHECK(check_readable(file));
  if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1)
    return bad_file(file, "no certificate that can be used: " + openssl_reason());
  const X509* own = SSL_CTX_get0_certificate(context);
  const ASN1_TIME* end = X509_get0_notAfter(own);
  if (X509_cmp_current_time(end) < 0) return bad_file(file, "expired on " + text_of(end));
  const ASN1_TIME* begin = X509_get0_notBefore(own);
  if (X509_cmp_current_time(begin) > 0) return bad_file(file, "not valid before " + text_of(begin));
  return {};
}

Status use_key(SSL_CTX* context, const TlsFiles& files) {
  SLUICE_CHECK(check_readable(files.key));
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context) == 1)
    return {};
  unsigned long error = ERR_peek_error();
  bool differs =
      ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                             ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  if (differs)
    return bad_file(files.key, "is not the key of the certificate in " + files.certificate);
  return bad_file(files.key, "no private key without a passphrase: " + openssl_reason());
}

}  // namespace

void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

std::string openssl_reason() {
  unsigned long first = ERR_get_error();
  const char* text = first == 0 ? nullptr : ERR_reason_error_string(first);
  ERR_clear_error();
  return text != nullptr ? text : "unknown reason";
}

ContextPtr make_context(const SSL_METHOD* method) {
  ContextPtr context(SSL_CTX_new(method), [](SSL_CTX* one) { SSL_CTX_free(one); });
  if (!context) return context;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_ciphersuites(raw, suites_13);
  SSL_CTX_set_cipher_list(raw, ciphers_12);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  // Several records with one system call; the buffer goes back whenever it is empty.
  constexpr std::size_t read_buffer = 64 << 10;
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_default_read_buffer_len(raw, read_buffer);
  return context;
}

ServerTls::ServerTls(TlsFiles files) : files_(std::move(files)), ticket_keys_(ticket_key_size) {
  fill_random(std::as_writable_bytes(std::span(ticket_keys_)));
}

ServerTls::~ServerTls() = default;

Result<std::unique_ptr<ServerTls>> ServerTls::open(TlsFiles files) {
  std::unique_ptr<ServerTls> made(new ServerTls(std::move(files)));
  SLUICE_CHECK(made->load());
  return made;
}

Result<ServerTls::Versions> ServerTls::versions() const {
  auto version_of = [](const std::string& file) -> Result<Version> {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0)
      return bad_file(file, std::generic_category().message(errno));
    constexpr std::int64_t second = 1'000'000'000;
    return Version{status.st_ino, status.st_size,
                   status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec};
  };
  SLUICE_TRY(Version certificate, version_of(files_.certificate));
  SLUICE_TRY(Version key, version_of(files_.key));
  return Versions{certificate, key};
}

Status ServerTls::load() {
  // Before the files are read: whatever changes meanwhile is read again.
  SLUICE_TRY(Versions now, versions());
  ContextPtr context = make_context(TLS_server_method());
  if (!context) return fail(Errc::server, "TLS: " + openssl_reason());
  SSL_CTX* raw = context.get();
  SSL_CTX_set_options(raw, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  // All state is in the tickets that clients keep.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_tlsext_ticket_keys(raw, ticket_keys_.data(), static_cast<long>(ticket_keys_.size()));
  constexpr std::string_view label = "sluice";
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(label.data()),
                                 static_cast<unsigned>(label.size()));
  SLUICE_CHECK(use_certificate(raw, files_.certificate));
  SLUICE_CHECK(use_key(raw, files_));
  loaded_ = now;
  context_.store(std::move(context));
  return {};
}

Result<bool> ServerTls::reload() {
  std::lock_guard lock(loading_);
  SLUICE_TRY(Versions now, versions());
  if (now == loaded_) return false;
  SLUICE_CHECK(load());
  return true;
}

Result<SslPtr> ServerTls::connection() const {
  SslPtr ssl(SSL_new(context_.load().get()));
  if (!ssl) return fail(Errc::no_memory, "TLS: " + openssl_reason());
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::string default_ca_directory() {
  const char* set = std::getenv("X509_CERT_DIR");
  return set != nullptr && *set != '\0' ? set : "/etc/grid-security/certificates";
}

}  // namespace sluice::net
