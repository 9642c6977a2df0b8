// SPDX-License-Identifier: Apache-2.0
#include "auth/token/claims.h"

#include "auth/token/json.h"
#include "auth/token/scope.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace sluice::auth::jwt {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::size_t max_issuer = 2048;
constexpr std::size_t max_subject = 1024;
constexpr std::size_t max_audiences = 64;
constexpr std::size_t max_audience = 2048;
constexpr std::size_t max_groups = 256;
constexpr std::size_t max_group = 512;
constexpr std::size_t max_scope_claim = 512 * 1024;  // the token as a whole is bounded already
constexpr double last_second = 253402300799.0;       // of the year 9999

constexpr std::string_view wlcg_for_all = "https://wlcg.cern.ch/jwt/v1/any";
constexpr std::string_view scitokens_for_all = "ANY";

tl::unexpected<Error> refuse(std::string why) { return fail(Errc::authentication, std::move(why)); }

// A NumericDate: seconds since 1970, whole or not.
Result<std::optional<WallTime>> time_member(const json::object& claims, std::string_view key) {
  const json::value* value = claims.if_contains(key);
  if (!value) return std::optional<WallTime>();
  json::error_code error;
  auto number = value->to_number<double>(error);
  if (error || !std::isfinite(number) || number < 0 || number > last_second)
    return refuse("\"" + std::string(key) + "\" of the token is not a time");
  return std::optional<WallTime>(WallTime(seconds(static_cast<std::int64_t>(number))));
}

// A text, or a list of texts.
Result<std::vector<std::string>> list_member(const json::object& claims, std::string_view key,
                                             std::size_t max_count, std::size_t max_size) {
  std::vector<std::string> out;
  const json::value* value = claims.if_contains(key);
  if (!value) return out;
  if (!value->is_array()) {
    SLUICE_TRY(std::string one, plain_text(*value, key, max_size));
    out.push_back(std::move(one));
    return out;
  }
  if (value->as_array().size() > max_count) {
    return refuse("\"" + std::string(key) + "\" of the token has more than " +
                  std::to_string(max_count) + " parts");
  }
  for (const json::value& part : value->as_array()) {
    SLUICE_TRY(std::string one, plain_text(part, key, max_size));
    out.push_back(std::move(one));
  }
  return out;
}

// Which profile a token follows: it says so by the claim that has its version.
Result<TokenProfile> profile_of(const json::object& claims, TokenProfile expected) {
  SLUICE_TRY(std::string wlcg, text_member(claims, "wlcg.ver", 32));
  SLUICE_TRY(std::string scitokens, text_member(claims, "ver", 32));
  if (expected != TokenProfile::scitokens && !wlcg.empty()) {
    if (wlcg == "1.0") return TokenProfile::wlcg;
    return refuse("the token is of version " + json_quoted(wlcg) + " of the WLCG profile; 1.0 is");
  }
  if (expected == TokenProfile::wlcg) return refuse("the token does not say \"wlcg.ver\"");
  if (!scitokens.empty()) {
    constexpr std::array known{"scitokens:2.0", "scitokens:1.0", "1.0"};
    if (std::ranges::find(known, scitokens) != known.end()) return TokenProfile::scitokens;
    return refuse("the token is of the version " + json_quoted(scitokens) +
                  ", which is not known here");
  }
  // The first version of SciTokens had no name; that is believed of issuers of nothing else.
  if (expected == TokenProfile::scitokens) return TokenProfile::scitokens;
  return refuse("the token says neither \"wlcg.ver\" nor \"ver\"");
}

Status check_audience(const json::object& claims, TokenProfile profile, const TokenIssuer& issuer,
                      const ClaimRules& rules) {
  SLUICE_TRY(auto audiences, list_member(claims, "aud", max_audiences, max_audience));
  std::erase(audiences, std::string());
  if (audiences.empty()) {
    if (!rules.strict) return {};
    return refuse("the token does not say for whom it is meant");
  }
  std::string_view for_all = profile == TokenProfile::wlcg ? wlcg_for_all : scitokens_for_all;
  for (const std::string& one : audiences) {
    if ((rules.any_audience && one == for_all) ||
        std::ranges::find(issuer.audiences, one) != issuer.audiences.end() ||
        std::ranges::find(rules.audiences, one) != rules.audiences.end()) {
      return {};
    }
  }
  return refuse("the token is meant for " +
                json_quoted(std::string_view(audiences.front()).substr(0, 100)) + ", not for us");
}

Result<std::vector<Scope>> read_scopes(const json::object& claims, TokenProfile profile,
                                       std::string_view prefix) {
  ScopeWords words =
      profile == TokenProfile::scitokens ? ScopeWords::with_scitokens : ScopeWords::storage;
  SLUICE_TRY(auto parts, list_member(claims, "scope", max_scopes, max_scope_claim));
  std::vector<Scope> scopes;
  std::size_t count = 0;
  for (const std::string& part : parts) {
    for (std::string_view word : split(part, ' ')) {
      if (word.empty()) continue;
      if (++count > max_scopes) return refuse("the token has more than 256 scopes");
      SLUICE_CHECK(append_scope(scopes, word, prefix, words));
    }
  }
  return scopes;
}

}  // namespace

Result<std::string> issuer_in(const json::object& claims) {
  SLUICE_TRY(std::string url, text_member(claims, "iss", max_issuer));
  if (url.empty()) return refuse("the token does not say who issued it");
  return std::string(without_slash(url));
}

Result<WallTime> check_times(const json::object& claims, WallTime now, Duration skew) {
  SLUICE_TRY(auto expires, time_member(claims, "exp"));
  if (!expires) return refuse("the token does not say when it expires");
  if (now >= *expires + skew) return refuse("the token has expired");
  SLUICE_TRY(auto begins, time_member(claims, "nbf"));
  if (begins && now < *begins - skew) return refuse("the token is not valid yet");
  SLUICE_TRY(auto issued, time_member(claims, "iat"));
  if (issued && now < *issued - skew) return refuse("the token was issued in the future");
  return *expires;
}

Result<Token> read_claims(const json::object& claims, const TokenIssuer& issuer,
                          const ClaimRules& rules) {
  SLUICE_TRY(TokenProfile profile, profile_of(claims, issuer.profile));
  SLUICE_CHECK(check_audience(claims, profile, issuer, rules));
  Token token;
  SLUICE_TRY(token.issuer, text_member(claims, "iss", max_issuer));
  SLUICE_TRY(token.subject, text_member(claims, "sub", max_subject));
  if (token.subject.empty() && profile == TokenProfile::wlcg)
    return refuse("the token does not say who it is about");
  SLUICE_TRY(token.id, text_member(claims, "jti", max_subject));
  SLUICE_TRY(token.groups, list_member(claims, "wlcg.groups", max_groups, max_group));
  SLUICE_TRY(token.scopes, read_scopes(claims, profile, issuer.prefix));
  SLUICE_TRY(auto expires, time_member(claims, "exp"));
  token.expires = expires.value_or(WallTime());
  return token;
}

}  // namespace sluice::auth::jwt
