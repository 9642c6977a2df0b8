// SPDX-License-Identifier: Apache-2.0
// Settings of bearer tokens: who may issue them, for whom they must be meant, and how long keys of issuers are believed.
#pragma once

#include "auth/token/issuer.h"
#include "base/settings.h"
#include "base/units.h"

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

inline constexpr Bytes largest_token{524288};

struct TokenConfig {
  std::vector<std::string> issuers;
  std::vector<std::string> audiences;
  bool any_audience = true;
  bool strict = false;
  Duration clock_skew{60'000};
  Bytes max_size{4096};
  std::uint32_t cached_tokens = 10'000;
  Duration refresh{15 * 60'000};
  Duration offline_grace{24 * 3'600'000};
  Duration fetch_timeout{10'000};
  std::string ca_directory;
  std::string ca_file;
};

inline constexpr std::tuple token_settings{
    setting(
        "auth.token.issuers", &TokenConfig::issuers, Reload::yes,
        "Who may issue tokens, one text each: \"name=cms url=https://cms.example/ prefix=/cms "
        "audience=https://door.example profile=wlcg\". url: what tokens say in `iss`. name: how "
        "logs call it. prefix: the directory that paths of its tokens begin at; "
        "/ unless given. audience: for whom its tokens may be meant, beside "
        "auth.token.audiences; several with commas. profile: wlcg, scitokens or any. jwks: a "
        "URL or a file with its public keys, instead of asking the issuer where they are.",
        &check_issuers),
    setting(
        "auth.token.audiences", &TokenConfig::audiences, Reload::yes,
        "For whom a token of any issuer may be meant (`aud`). Where neither this nor the issuer "
        "names one, only tokens for everybody and tokens without an audience count."),
    setting("auth.token.any_audience", &TokenConfig::any_audience, Reload::yes,
            "Tokens that are meant for everybody count: https://wlcg.cern.ch/jwt/v1/any in those "
            "of WLCG, ANY in SciTokens."),
    setting("auth.token.strict", &TokenConfig::strict, Reload::yes,
            "Each request on a path must bring a token of its own, and a token must say for whom "
            "it is meant."),
    setting("auth.token.clock_skew", &TokenConfig::clock_skew, Duration{0}, Duration{3'600'000},
            Reload::yes, "By how much the clocks of issuers may differ from ours."),
    setting("auth.token.max_size", &TokenConfig::max_size, Bytes{256}, largest_token, Reload::yes,
            "Longer tokens are refused unread."),
    setting("auth.token.cached_tokens", &TokenConfig::cached_tokens, 0, 1'000'000, Reload::yes,
            "How many verified tokens are remembered until they expire, by their SHA-256, so that "
            "the next request with them costs no signature check. 0: none."),
    setting("auth.token.refresh", &TokenConfig::refresh, Duration{10'000}, Duration{86'400'000},
            Reload::yes, "How often the keys of an issuer are fetched again."),
    setting("auth.token.offline_grace", &TokenConfig::offline_grace, Duration{0},
            Duration{std::int64_t{30} * 86'400'000}, Reload::yes,
            "For how long keys stay in use after they should have been fetched again, while their "
            "issuer cannot be reached."),
    setting("auth.token.fetch_timeout", &TokenConfig::fetch_timeout, Duration{100},
            Duration{120'000}, Reload::yes, "How long an issuer may take to answer."),
    setting("auth.token.ca_directory", &TokenConfig::ca_directory, Reload::yes,
            "Directory of hashed CA certificates that issuers are checked against, as "
            "/etc/grid-security/certificates. Empty, with no auth.token.ca_file: those of the "
            "system."),
    setting("auth.token.ca_file", &TokenConfig::ca_file, Reload::yes,
            "File of CA certificates that issuers are checked against."),
};

}  // namespace sluice::auth
