// SPDX-License-Identifier: Apache-2.0
#include "auth/token/issuer.h"

#include "auth/token/fetch.h"
#include "auth/token/path.h"
#include "base/settings.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

constexpr std::size_t max_line = 8192;
constexpr std::size_t max_audiences = 64;

constexpr std::array<EnumName<TokenProfile>, 3> profiles{{{TokenProfile::any, "any"},
                                                          {TokenProfile::wlcg, "wlcg"},
                                                          {TokenProfile::scitokens, "scitokens"}}};

tl::unexpected<Error> wrong(std::string text) { return fail(Errc::usage, std::move(text)); }

tl::unexpected<Error> wrong_word(std::string_view what, std::string_view word,
                                 std::span<const std::string_view> known) {
  std::string text(what);
  text.append(" ").append(json_quoted(word.substr(0, 64))).append(" is not known");
  if (auto near = nearest(word, known)) {
    text.append("; is \"").append(*near).append("\" meant?");
  } else {
    text.append("; there are:");
    for (std::string_view one : known) text.append(" ").append(one);
  }
  return wrong(std::move(text));
}

Status set_name(TokenIssuer& issuer, std::string_view value) {
  auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (value.size() > 64 || !std::ranges::all_of(value, is_fine))
    return wrong("name: up to 64 letters, digits, '_', '-' and '.'");
  issuer.name = value;
  return {};
}

Status set_url(TokenIssuer& issuer, std::string_view value) {
  if (!value.starts_with("https://") && !value.starts_with("http://"))
    return wrong("url: it begins with https://");
  issuer.url = without_slash(value);
  return {};
}

Status set_prefix(TokenIssuer& issuer, std::string_view value) {
  auto path = normal_path(value);
  if (!path) return wrong("prefix: " + path.error().detail);
  issuer.prefix = *std::move(path);
  return {};
}

Status set_audiences(TokenIssuer& issuer, std::string_view value) {
  for (std::string_view one : split(value, ',')) {
    if (one.empty()) return wrong("audience: there is an empty one");
    issuer.audiences.emplace_back(one);
  }
  if (issuer.audiences.size() > max_audiences) return wrong("audience: there are more than 64");
  return {};
}

Status set_profile(TokenIssuer& issuer, std::string_view value) {
  std::array<std::string_view, profiles.size()> words;
  std::ranges::transform(profiles, words.begin(), &EnumName<TokenProfile>::name);
  auto row = std::ranges::find(profiles, value, &EnumName<TokenProfile>::name);
  if (row == profiles.end()) return wrong_word("profile", value, words);
  issuer.profile = row->value;
  return {};
}

Status set_jwks(TokenIssuer& issuer, std::string_view value) {
  if (value.starts_with("file://")) value.remove_prefix(7);
  if (!value.starts_with('/')) {
    auto url = jwt::check_url(std::string(value));
    if (!url) return wrong("jwks: " + url.error().detail + ", nor the path of a file");
  }
  issuer.jwks = value;
  return {};
}

struct Word {
  std::string_view name;
  Status (*set)(TokenIssuer&, std::string_view);
};
constexpr std::array words{Word{"name", &set_name},       Word{"url", &set_url},
                           Word{"prefix", &set_prefix},   Word{"audience", &set_audiences},
                           Word{"profile", &set_profile}, Word{"jwks", &set_jwks}};

Status set_word(TokenIssuer& issuer, std::string_view part, std::vector<std::string_view>& seen) {
  std::size_t equals = part.find('=');
  if (equals == std::string_view::npos)
    return wrong(json_quoted(part.substr(0, 64)) + " is no word=value");
  std::string_view name = part.substr(0, equals);
  auto word = std::ranges::find(words, name, &Word::name);
  if (word == words.end()) {
    std::array<std::string_view, words.size()> known;
    std::ranges::transform(words, known.begin(), &Word::name);
    return wrong_word("the word", name, known);
  }
  if (std::ranges::find(seen, name) != seen.end())
    return wrong(std::string(name) + " is given twice");
  seen.push_back(name);
  if (equals + 1 == part.size()) return wrong(std::string(name) + " has no value");
  return word->set(issuer, part.substr(equals + 1));
}

// Where the keys come from must be what can be fetched safely.
Status check_source(const TokenIssuer& issuer) {
  if (!issuer.jwks.empty()) return {};
  auto url = jwt::check_url(issuer.url);
  if (!url) return wrong("url: " + url.error().detail);
  return {};
}

}  // namespace

std::string_view without_slash(std::string_view url) {
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

Result<TokenIssuer> parse_issuer(std::string_view line) {
  if (line.size() > max_line) return wrong("the line is longer than 8192 bytes");
  TokenIssuer issuer;
  std::vector<std::string_view> seen;
  for (std::string_view part : split(line, ' ')) {
    if (!trim(part).empty()) SLUICE_CHECK(set_word(issuer, trim(part), seen));
  }
  if (issuer.name.empty()) return wrong("name=... is missing");
  if (issuer.url.empty()) return wrong("url=... is missing");
  SLUICE_CHECK(check_source(issuer));
  return issuer;
}

Result<std::vector<TokenIssuer>> parse_issuers(const std::vector<std::string>& lines) {
  std::vector<TokenIssuer> issuers;
  for (const std::string& line : lines) {
    auto issuer = parse_issuer(line);
    if (!issuer)
      return wrong("issuer " + json_quoted(line.substr(0, 64)) + ": " + issuer.error().detail);
    for (const TokenIssuer& other : issuers) {
      if (other.name == issuer->name) return wrong("two issuers are called " + issuer->name);
      if (other.url == issuer->url) return wrong("two issuers have the url " + issuer->url);
    }
    issuers.push_back(*std::move(issuer));
  }
  return issuers;
}

Status check_issuers(const std::vector<std::string>& lines) {
  SLUICE_CHECK(parse_issuers(lines));
  return {};
}

}  // namespace sluice::auth
