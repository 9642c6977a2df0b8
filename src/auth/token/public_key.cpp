// SPDX-License-Identifier: Apache-2.0
#include "auth/token/public_key.h"

#include "auth/token/json.h"
#include "base/crypto.h"

#include <boost/json/serialize.hpp>
#include <cjose/jws.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <span>

namespace sluice::auth::jwt {
namespace {

namespace json = boost::json;

using Jws = Owned<cjose_jws_t, &::cjose_jws_release>;
using EvpContext = Owned<EVP_MD_CTX, &::EVP_MD_CTX_free>;

constexpr std::size_t max_keys = 64;
constexpr std::size_t max_number = 1400;  // base64 digits: RSA of 8192 bits
constexpr JsonBounds jwks_bounds{8, 4096};

constexpr std::array algorithms{
    Algorithm{"RS256", KeyType::rsa},     Algorithm{"RS512", KeyType::rsa},
    Algorithm{"ES256", KeyType::p256},    Algorithm{"ES384", KeyType::p384},
    Algorithm{"EdDSA", KeyType::ed25519},
};

// What makes a key: the type of JWK and its curve, and the members with numbers.
struct KeyRow {
  KeyType type;
  std::string_view kty;
  std::string_view crv;
  std::array<std::string_view, 2> numbers;
};
constexpr std::array key_rows{
    KeyRow{KeyType::rsa, "RSA", "", {"n", "e"}},
    KeyRow{KeyType::p256, "EC", "P-256", {"x", "y"}},
    KeyRow{KeyType::p384, "EC", "P-384", {"x", "y"}},
    KeyRow{KeyType::ed25519, "OKP", "Ed25519", {"x", ""}},
};

tl::unexpected<Error> useless(std::string_view why) {
  return fail(Errc::unsupported, "the key " + std::string(why));
}

// RSA below 2048 bits is within reach of who wants it; a large exponent makes each check slow.
Status check_rsa(const json::object& jwk) {
  SLUICE_TRY(std::string n, text_member(jwk, "n", max_number));
  SLUICE_TRY(std::string e, text_member(jwk, "e", 12));
  SLUICE_TRY(auto modulus, decode_base64url(n));
  SLUICE_TRY(auto exponent, decode_base64url(e));
  auto first = std::ranges::find_if(modulus, [](std::byte b) { return b != std::byte{0}; });
  if (modulus.end() - first < 256) return useless("is shorter than 2048 bits");
  if (exponent.empty() || exponent.size() > 8 || (exponent.back() & std::byte{1}) == std::byte{0})
    return useless("has a strange exponent");
  return {};
}

// The members that make the key and no others, private ones least of all.
Result<std::string> public_text(const KeyRow& row, const json::object& jwk) {
  json::object out;
  out["kty"] = row.kty;
  if (!row.crv.empty()) out["crv"] = row.crv;
  for (std::string_view name : row.numbers) {
    if (name.empty()) continue;
    SLUICE_TRY(std::string number, text_member(jwk, name, max_number));
    if (number.empty() || !decode_base64url(number)) return useless("is not complete");
    out[name] = number;
  }
  return json::serialize(out);
}

Result<const KeyRow*> row_of(const json::object& jwk) {
  SLUICE_TRY(std::string kty, text_member(jwk, "kty", 16));
  SLUICE_TRY(std::string crv, text_member(jwk, "crv", 16));
  auto row = std::ranges::find_if(
      key_rows, [&](const KeyRow& one) { return one.kty == kty && one.crv == crv; });
  if (row == key_rows.end()) return useless("is of a type that no allowed algorithm uses");
  return &*row;
}

bool cjose_verifies(const cjose_jwk_t* key, std::string_view token) {
  Jws jws(::cjose_jws_import(token.data(), token.size(), nullptr));
  return jws && ::cjose_jws_verify(jws.get(), key, nullptr);
}

bool ed25519_verifies(EVP_PKEY* key, std::string_view token) {
  std::size_t dot = token.rfind('.');
  auto signature = decode_base64url(token.substr(dot + 1));
  EvpContext context(::EVP_MD_CTX_new());
  return signature && context &&
         ::EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         ::EVP_DigestVerify(
             context.get(), reinterpret_cast<const unsigned char*>(signature->data()),
             signature->size(), reinterpret_cast<const unsigned char*>(token.data()), dot) == 1;
}

}  // namespace

const Algorithm* find_algorithm(std::string_view name) {
  auto row = std::ranges::find(algorithms, name, &Algorithm::name);
  return row == algorithms.end() ? nullptr : &*row;
}

Result<std::variant<PublicKey::Jwk, PublicKey::EvpKey>> PublicKey::import(KeyType type,
                                                                          const std::string& text,
                                                                          const json::object& jwk) {
  if (type != KeyType::ed25519) {
    if (type == KeyType::rsa) SLUICE_CHECK(check_rsa(jwk));
    Jwk key(::cjose_jwk_import(text.data(), text.size(), nullptr));
    if (!key) return useless("is malformed");
    return key;
  }
  SLUICE_TRY(std::string x, text_member(jwk, "x", max_number));
  SLUICE_TRY(auto bytes, decode_base64url(x));
  EvpKey key(::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                           reinterpret_cast<const unsigned char*>(bytes.data()),
                                           bytes.size()));
  if (!key) return useless("is malformed");
  return key;
}

Result<std::shared_ptr<const PublicKey>> PublicKey::from_jwk(const json::object& jwk) {
  SLUICE_TRY(const KeyRow* row, row_of(jwk));
  std::shared_ptr<PublicKey> key(new PublicKey());
  key->type_ = row->type;
  SLUICE_TRY(key->id_, text_member(jwk, "kid", 256));
  SLUICE_TRY(key->only_for_, text_member(jwk, "alg", 32));
  SLUICE_TRY(std::string use, text_member(jwk, "use", 32));
  if (!use.empty() && use != "sig") return useless("is not for signatures");
  SLUICE_TRY(key->text_, public_text(*row, jwk));
  auto imported = import(row->type, key->text_, jwk);
  ::ERR_clear_error();
  if (!imported) return tl::unexpected<Error>(std::move(imported).error());
  key->key_ = *std::move(imported);
  return std::shared_ptr<const PublicKey>(std::move(key));
}

bool PublicKey::fits(const Algorithm& algorithm) const {
  return algorithm.type == type_ && (only_for_.empty() || only_for_ == algorithm.name);
}

bool PublicKey::has_signed(std::string_view token) const {
  const auto* jwk = std::get_if<Jwk>(&key_);
  bool is_good = jwk ? cjose_verifies(jwk->get(), token)
                     : ed25519_verifies(std::get<EvpKey>(key_).get(), token);
  ::ERR_clear_error();  // a bad signature leaves errors that the next user of this thread would take for its own
  return is_good;
}

Result<std::vector<std::shared_ptr<const PublicKey>>> parse_jwks(std::string_view text) {
  SLUICE_TRY(json::object document, read_json(text, jwks_bounds, "the document with keys"));
  const json::value* list = document.if_contains("keys");
  if (!list || !list->is_array())
    return fail(Errc::authentication, "the document with keys has no list \"keys\"");
  if (list->as_array().size() > max_keys)
    return fail(Errc::authentication, "the document with keys has more than 64");
  std::vector<std::shared_ptr<const PublicKey>> keys;
  std::string why = "it is empty";
  for (const json::value& one : list->as_array()) {
    if (!one.is_object()) continue;
    if (auto key = PublicKey::from_jwk(one.as_object())) {
      keys.push_back(*std::move(key));
    } else {
      why = key.error().detail;
    }
  }
  if (keys.empty())
    return fail(Errc::authentication, "the document with keys has none that can be used: " + why);
  return keys;
}

}  // namespace sluice::auth::jwt
