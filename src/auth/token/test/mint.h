// SPDX-License-Identifier: Apache-2.0
// Keys and tokens for tests, made with OpenSSL alone, so that the library that verifies is not the one that signs.
#pragma once

#include "base/crypto.h"
#include "base/fd.h"

#include <boost/json/serialize.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <chrono>
#include <string>
#include <vector>

namespace sluice::auth::mint {

namespace json = boost::json;

using Key = Owned<EVP_PKEY, &::EVP_PKEY_free>;
using Octets = std::vector<unsigned char>;

inline std::string encode(const Octets& bytes) {
  return base64url(std::as_bytes(std::span(bytes)));
}
inline std::string encode(std::string_view text) { return base64url(as_bytes(text)); }

// Made once per program: RSA takes its time.
inline EVP_PKEY* rsa() {
  static const Key key(::EVP_RSA_gen(2048));
  return key.get();
}
inline EVP_PKEY* other_rsa() {
  static const Key key(::EVP_RSA_gen(2048));
  return key.get();
}
inline EVP_PKEY* short_rsa() {
  static const Key key(::EVP_RSA_gen(1024));
  return key.get();
}
inline EVP_PKEY* p256() {
  static const Key key(::EVP_EC_gen("P-256"));
  return key.get();
}
inline EVP_PKEY* p384() {
  static const Key key(::EVP_EC_gen("P-384"));
  return key.get();
}
inline EVP_PKEY* ed25519() {
  static const Key key(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return key.get();
}

inline std::string number(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* raw = nullptr;
  ::EVP_PKEY_get_bn_param(key, name, &raw);
  Owned<BIGNUM, &::BN_free> value(raw);
  if (size == 0) size = BN_num_bytes(raw);
  Octets out(static_cast<std::size_t>(size));
  ::BN_bn2binpad(raw, out.data(), size);
  return encode(out);
}

inline json::object jwk(EVP_PKEY* key, std::string_view id) {
  json::object out;
  if (!id.empty()) out["kid"] = id;
  if (::EVP_PKEY_is_a(key, "RSA") == 1) {
    out["kty"] = "RSA";
    out["n"] = number(key, OSSL_PKEY_PARAM_RSA_N);
    out["e"] = number(key, OSSL_PKEY_PARAM_RSA_E);
  } else if (::EVP_PKEY_is_a(key, "EC") == 1) {
    int size = (::EVP_PKEY_get_bits(key) + 7) / 8;
    out["kty"] = "EC";
    out["crv"] = size == 32 ? "P-256" : "P-384";
    out["x"] = number(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
    out["y"] = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);
  } else {
    Octets raw(32);
    std::size_t size = raw.size();
    ::EVP_PKEY_get_raw_public_key(key, raw.data(), &size);
    out["kty"] = "OKP";
    out["crv"] = "Ed25519";
    out["x"] = encode(raw);
  }
  return out;
}

inline std::string jwks(std::initializer_list<json::object> keys) {
  json::object out;
  json::array all;
  for (const json::object& key : keys) all.push_back(key);
  out["keys"] = std::move(all);
  return json::serialize(out);
}

// JWS has r and s side by side where OpenSSL has them in DER.
inline Octets without_der(const Octets& der, std::size_t half) {
  const unsigned char* at = der.data();
  Owned<ECDSA_SIG, &::ECDSA_SIG_free> signature(
      ::d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  Octets out(2 * half);
  ::BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out.data(), static_cast<int>(half));
  ::BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out.data() + half, static_cast<int>(half));
  return out;
}

inline Octets signature(EVP_PKEY* key, std::string_view algorithm, std::string_view text) {
  Owned<EVP_MD_CTX, &::EVP_MD_CTX_free> context(::EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm == "EdDSA"         ? nullptr
                         : algorithm.ends_with("256") ? ::EVP_sha256()
                         : algorithm.ends_with("384") ? ::EVP_sha384()
                                                      : ::EVP_sha512();
  std::size_t size = 1024;
  Octets out(size);
  ::EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key);
  ::EVP_DigestSign(context.get(), out.data(), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
  out.resize(size);
  if (::EVP_PKEY_is_a(key, "EC") == 1)
    return without_der(out, static_cast<std::size_t>((::EVP_PKEY_get_bits(key) + 7) / 8));
  return out;
}

// Header and claims as they are given, which need not be JSON.
inline std::string token_of(std::string_view header, std::string_view claims, EVP_PKEY* key,
                            std::string_view algorithm) {
  std::string text = encode(header) + "." + encode(claims);
  return text + "." + encode(signature(key, algorithm, text));
}

inline std::string token(const json::object& claims, EVP_PKEY* key = rsa(),
                         std::string_view algorithm = "RS256", std::string_view id = "r1") {
  json::object header{{"typ", "JWT"}};
  header["alg"] = algorithm;
  if (!id.empty()) header["kid"] = id;
  return token_of(json::serialize(header), json::serialize(claims), key, algorithm);
}

inline std::int64_t seconds_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace sluice::auth::mint
