// SPDX-License-Identifier: Apache-2.0
// What both sides of gsi share: versions, options, the tags that prove who holds a key, and how a message closes.
#pragma once

#include "auth/gsi/buckets.h"
#include "auth/gsi/session_cipher.h"
#include "auth/gsi/signature.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

inline constexpr std::int32_t newest_version = 10600;
inline constexpr std::int32_t version_with_options = 10100;
// From here on the key agreement is signed and every encrypted text has its own start vector.
inline constexpr std::int32_t version_with_signed_agreement = 10400;
inline constexpr std::int32_t version_without_proxy = 10600;  // a certificate alone is enough
inline constexpr std::int32_t oldest_version = 10000;

// Bits of clnt_opts.
inline constexpr std::int32_t wants_to_delegate = 1;
inline constexpr std::int32_t forwards_key = 2;
inline constexpr std::int32_t signs_requests = 4;
inline constexpr std::int32_t makes_proxies = 128;  // sends a proxy, never a bare certificate

inline constexpr std::string_view crypto_module = "ssl";
inline constexpr std::string_view no_padding =
    "nopad";  // behind the module, of who cannot pad the secret
// Named in the exchange, used for nothing.
inline constexpr std::string_view digests = "sha256";

// The random tag that a side sent last. The peer's next message must have it signed, which proves that it holds its key.
class Tag {
 public:
  // A new one, to be sent.
  std::string_view renew();
  bool is_out() const { return !text_.empty(); }
  // Errc::authentication. The tag is used up, whatever comes out.
  Status check(const Buckets& answer, EVP_PKEY* peer_key);

 private:
  std::string text_;
};

// Adds the peer's tag, signed with our key. No tag, no answer.
Status answer_tag(const Buckets& from, Buckets& to, EVP_PKEY* key);

// "a:b:c" or "a|b".
bool names_module(std::string_view modules);

}  // namespace sluice::auth::gsi
