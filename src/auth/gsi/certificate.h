// SPDX-License-Identifier: Apache-2.0
// X.509 as grids use it: names in slash form, chains in PEM, proxies of three kinds, and files with a certificate and its key.
#pragma once

#include "auth/gsi/openssl.h"
#include "base/bytes.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

inline constexpr std::size_t max_chain = 16;  // certificates

Certificate share(X509* certificate);
Chain share(const Chain& chain);

// "/DC=org/DC=example/CN=Jane Doe"; bytes beyond ASCII as \xHH, as grid-map files have them.
std::string slash_name(const X509_NAME* name);
std::string subject_of(const X509* certificate);
// No more of a stranger's words than fit a line, in quotes.
std::string quoted_name(std::string_view name);

// "b9c2134a": as OpenSSL 1.0 and later, and as those before, name the files of a CA directory.
std::array<std::string, 2> hashes_of(const X509_NAME* name);

// All certificates in the text; others of its blocks are passed over. Errc::authentication: none, more than max_chain, damaged.
Result<Chain> chain_in(ByteView pem);
std::string pem_of(const Chain& chain);
std::string pem_of(X509* certificate);

enum class ProxyKind : std::uint8_t {
  none,     // an end entity or an authority
  rfc,      // RFC 3820
  draft,    // the same under a number from before the RFC; refused
  globus2,  // by name alone: the issuer's and CN=proxy or CN=limited proxy
};
ProxyKind proxy_kind(X509* certificate);
// Whether the proxy may not start jobs. Errc::authentication: a policy that we cannot honour.
Result<bool> is_limited(X509* proxy);
// The name is that of the issuer and one more CN.
bool extends_name_of_issuer(const X509* certificate);

std::chrono::system_clock::time_point end_of(const X509* certificate);
// Of the certificate that ends first.
std::chrono::system_clock::time_point end_of(const Chain& chain);

// A chain and the key of its first certificate.
struct Credential {
  Chain chain;
  Key key;
};
// Errc::authentication, in one line with the path: missing, readable by others, not matching.
Result<Credential> read_credential(const std::string& certificate_path,
                                   const std::string& key_path);

}  // namespace sluice::auth::gsi
