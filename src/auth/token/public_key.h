// SPDX-License-Identifier: Apache-2.0
// The algorithms that a token may be signed with, and the public keys of issuers that check such signatures. RSA and EC go
// through cjose; cjose knows no Ed25519, so that goes to OpenSSL. Immutable and thread-safe.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

#include <boost/json/object.hpp>
#include <cjose/jwk.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::auth::jwt {

enum class KeyType : std::uint8_t { rsa, p256, p384, ed25519 };

struct Algorithm {
  std::string_view name;
  KeyType type;
};
// Null for everything that is not allowed, as "none" and those with a shared secret.
const Algorithm* find_algorithm(std::string_view name);

class PublicKey {
 public:
  // Takes the public members alone. An error says why the key is of no use here: other uses and types, too short.
  static Result<std::shared_ptr<const PublicKey>> from_jwk(const boost::json::object& jwk);

  const std::string& id() const { return id_; }  // `kid`; may be empty
  bool fits(const Algorithm& algorithm) const;
  // `token` is a compact JWS whose header names an algorithm that fits.
  bool has_signed(std::string_view token) const;

  bool operator==(const PublicKey& other) const { return text_ == other.text_; }

 private:
  using Jwk = Owned<cjose_jwk_t, &::cjose_jwk_release>;
  using EvpKey = Owned<EVP_PKEY, &::EVP_PKEY_free>;

  PublicKey() = default;
  static Result<std::variant<Jwk, EvpKey>> import(KeyType type, const std::string& text,
                                                  const boost::json::object& jwk);

  std::string id_;
  std::string only_for_;  // `alg`; empty: all that fit
  KeyType type_{};
  std::string text_;  // the public members as JSON
  std::variant<Jwk, EvpKey> key_;
};

// The keys of a JWKS document (RFC 7517) that can be used; those that cannot are left out, as the RFC has it. An error when
// the document is malformed or none is left.
Result<std::vector<std::shared_ptr<const PublicKey>>> parse_jwks(std::string_view text);

}  // namespace sluice::auth::jwt
