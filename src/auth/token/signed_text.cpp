// SPDX-License-Identifier: Apache-2.0
#include "auth/token/signed_text.h"

#include "auth/token/json.h"
#include "base/crypto.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth::jwt {
namespace {

namespace json = boost::json;

constexpr std::size_t max_header = 8192;  // base64 digits
constexpr std::size_t max_signature = 1400;
constexpr std::size_t max_claims = 128;
constexpr JsonBounds header_bounds{4, 64};
constexpr JsonBounds claims_bounds{8, 4096};

tl::unexpected<Error> refuse(std::string why) { return fail(Errc::authentication, std::move(why)); }

Result<json::object> read_part(std::string_view part, JsonBounds bounds, std::string_view what) {
  auto bytes = decode_base64url(part);
  if (!bytes) return refuse(std::string(what) + " is not base64url");
  return read_json(as_text(*bytes), bounds, what);
}

Status read_header(SignedText& out, std::string_view part) {
  if (part.size() > max_header) return refuse("the header of the token is too long");
  SLUICE_TRY(json::object header, read_part(part, header_bounds, "the header of the token"));
  SLUICE_TRY(std::string name, text_member(header, "alg", 32));
  out.algorithm = find_algorithm(name);
  if (!out.algorithm)
    return refuse("the token's algorithm " + json_quoted(name) + " is not allowed");
  if (header.contains("crit")) return refuse("the token needs an extension that is not known here");
  SLUICE_TRY(out.key_id, text_member(header, "kid", 256));
  return {};
}

}  // namespace

Result<SignedText> take_apart(std::string_view token) {
  std::size_t first = token.find('.');
  std::size_t last = token.rfind('.');
  if (first == last || std::ranges::count(token, '.') != 2)
    return refuse("the token does not have three parts");
  SignedText out{token, nullptr, {}, {}};
  SLUICE_CHECK(read_header(out, token.substr(0, first)));
  std::string_view signature = token.substr(last + 1);
  if (signature.empty() || signature.size() > max_signature || !decode_base64url(signature))
    return refuse("the signature of the token is malformed");
  SLUICE_TRY(out.claims, read_part(token.substr(first + 1, last - first - 1), claims_bounds,
                                   "the content of the token"));
  if (out.claims.size() > max_claims) return refuse("the token has more than 128 claims");
  return out;
}

}  // namespace sluice::auth::jwt
