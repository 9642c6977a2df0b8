// SPDX-License-Identifier: Apache-2.0
// A proxy that a client signed for a key of ours, so that we may act in its name. It lives in memory, as long as the session that
// it came with, and is never written down.
#pragma once

#include "auth/gsi/certificate.h"

#include <chrono>
#include <string>

namespace sluice::auth {

class DelegatedProxy {
 public:
  explicit DelegatedProxy(gsi::Credential credential) : credential_(std::move(credential)) {}

  const gsi::Credential& credential() const { return credential_; }
  std::chrono::system_clock::time_point expires() const { return gsi::end_of(credential_.chain); }
  // The form in which grid tools keep proxies: certificate, private key, chain. A secret.
  std::string pem() const;

 private:
  gsi::Credential credential_;
};

namespace gsi {

// RSA 2048: takes a tenth of a second.
Result<Key> make_rsa_key();

// Asks the holder of `proxy` to sign a proxy of it for `key`: PEM of a PKCS#10 request whose subject is the proxy's and one CN.
Result<std::string> make_proxy_request(X509* proxy, EVP_PKEY* key);

// Signs such a request; the new proxy alone, PEM. Errc::authentication: not a request for a proxy of this credential.
Result<std::string> sign_proxy_request(const Credential& credential, ByteView request);

}  // namespace gsi
}  // namespace sluice::auth
