// SPDX-License-Identifier: Apache-2.0
#include "auth/mapping/shown_credential.h"

#include "base/crypto.h"
#include "base/fd.h"
#include "base/text.h"

#include <boost/json.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <limits>

namespace sluice::auth {
namespace {

namespace json = boost::json;

using Certificate = Owned<X509, &X509_free>;
using Bio = Owned<BIO, &BIO_free_all>;

void free_text(char* text) { OPENSSL_free(text); }
using OpensslText = Owned<char, &free_text>;

std::string dn_of(const X509_NAME* name) {
  const OpensslText text(::X509_NAME_oneline(name, nullptr, 0));
  return text ? text.get() : "";
}

// RFC 3820, or the older kind, which only its name tells.
bool is_proxy(X509& certificate) {
  if ((::X509_get_extension_flags(&certificate) & EXFLAG_PROXY) != 0) return true;
  const std::string issuer = dn_of(::X509_get_issuer_name(&certificate));
  const std::string subject = dn_of(::X509_get_subject_name(&certificate));
  return subject == issuer + "/CN=proxy" || subject == issuer + "/CN=limited proxy";
}

std::string text_of(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(name);
  const json::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

std::vector<std::string> texts_of(const json::object& claims, std::string_view name) {
  std::vector<std::string> out;
  const json::value* value = claims.if_contains(name);
  const json::array* list = value != nullptr ? value->if_array() : nullptr;
  if (list == nullptr) return out;
  for (const json::value& one : *list)
    if (const json::string* text = one.if_string()) out.emplace_back(*text);
  return out;
}

Result<json::object> claims_in(std::string_view token) {
  const auto parts = split(token, '.');
  if (parts.size() != 3) return fail(Errc::invalid_argument, "this is no JSON web token");
  SLUICE_TRY(const auto bytes, decode_base64url(parts[1]));
  boost::system::error_code error;
  json::value claims = json::parse(json::string_view(as_text(bytes)), error);
  if (error || !claims.is_object())
    return fail(Errc::invalid_argument, "the claims of the token are no JSON object");
  return std::move(claims.get_object());
}

}  // namespace

Result<std::string> subject_of_certificate(std::string_view pem) {
  if (pem.size() > std::numeric_limits<int>::max()) return fail(Errc::too_long, "certificate");
  const Bio bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (bio) {
    const Certificate certificate(::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (!is_proxy(*certificate)) return dn_of(::X509_get_subject_name(certificate.get()));
  }
  ::ERR_clear_error();
  return fail(Errc::invalid_argument, "there is no certificate in it that is no proxy");
}

Result<ShownToken> claims_of_token(std::string_view token) {
  SLUICE_TRY(const json::object claims, claims_in(trim(token)));
  Token said;
  said.issuer = text_of(claims, "iss");
  said.subject = text_of(claims, "sub");
  said.groups = texts_of(claims, "wlcg.groups");
  said.id = text_of(claims, "jti");
  ShownToken out;
  const json::value* expiry = claims.if_contains("exp");
  boost::system::error_code error;
  const auto seconds = expiry != nullptr ? expiry->to_number<std::int64_t>(error) : 0;
  if (expiry != nullptr && !error && seconds >= 0 && seconds < 1LL << 33)
    said.expires = std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
  out.is_expired = said.expires < std::chrono::system_clock::now();
  const std::string scopes = text_of(claims, "scope");
  for (std::string_view scope : split(scopes, ' '))
    if (!scope.empty()) out.scopes.emplace_back(scope);
  out.identity.method = "ztn";
  out.identity.name = said.subject;
  out.identity.is_proven = true;
  out.identity.groups = said.groups;
  out.identity.token = std::make_shared<const Token>(std::move(said));
  return out;
}

}  // namespace sluice::auth
