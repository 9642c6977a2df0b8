// SPDX-License-Identifier: Apache-2.0
// What TLS connections are made of: certificate and key of a server, trusted authorities of a client. Both make one
// SSL object per connection (tls_stream.h moves bytes with it). Thread-safe.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's own names, so that its headers stay in the .cpp files.
struct ssl_st;
struct ssl_ctx_st;

namespace sluice::net {

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

// A certificate with the chain behind it, and its key; PEM, the key without a passphrase.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

// The side that accepts. TLS 1.2 and 1.3, no client certificates, session tickets.
class ServerTls {
 public:
  // Errc::usage names the file and what is wrong with it.
  static Result<std::unique_ptr<ServerTls>> open(TlsFiles files);
  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;
  ~ServerTls();

  // Looks at the files again: true when they had changed and new connections get the new ones. On an error the old ones
  // stay. Connections that are there go on, and their tickets stay good.
  Result<bool> reload();

  Result<SslPtr> connection() const;
  const TlsFiles& files() const { return files_; }

 private:
  // Tells two versions of a file apart.
  struct Version {
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Version&) const = default;
  };
  struct Versions {
    Version certificate, key;
    bool operator==(const Versions&) const = default;
  };
  explicit ServerTls(TlsFiles files);
  Result<Versions> versions() const;
  Status load();

  const TlsFiles files_;
  std::vector<unsigned char> ticket_keys_;  // of all contexts that this one makes
  std::mutex loading_;
  Versions loaded_;
  std::atomic<std::shared_ptr<ssl_ctx_st>> context_;
};

struct TlsSessions;

// The side that connects: it trusts the authorities of a directory with hashed names ("b9c2134a.0"), goes by the lists of
// revoked certificates that it finds there ("b9c2134a.r0"), and wants the certificate to be of the name that was dialled.
class ClientTls {
 public:
  // The directory is read again after `refresh`. Nothing is opened before the first connection.
  ClientTls(std::string ca_directory, Duration refresh, bool resumes = true);
  ClientTls(const ClientTls&) = delete;
  ClientTls& operator=(const ClientTls&) = delete;
  ~ClientTls();

  // `host` is a name or an address; the session of an earlier connection to the same host and port is resumed.
  Result<SslPtr> connection(const std::string& host, std::uint16_t port);

  const std::string& ca_directory() const { return ca_directory_; }

 private:
  Result<std::shared_ptr<ssl_ctx_st>> context();

  const std::string ca_directory_;
  const Duration refresh_;
  const bool resumes_;
  std::shared_ptr<TlsSessions> sessions_;
  std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
  std::chrono::steady_clock::time_point made_at_;
};

// $X509_CERT_DIR, else where grid sites have it.
std::string default_ca_directory();

// Why a handshake failed, in words for people: the queue of OpenSSL, and what was wrong with the peer's certificate.
// `ssl` is one that ClientTls or ServerTls made. Empties the queue.
std::string handshake_failure(ssl_st* ssl);

}  // namespace sluice::net
