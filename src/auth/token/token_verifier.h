// SPDX-License-Identifier: Apache-2.0
// Tells what a bearer token is worth here: its signature by a trusted issuer, its times, for whom it is meant, and what it
// allows. One for the whole process. Thread-safe. The text of a token is kept nowhere.
#pragma once

#include "auth/token/config.h"
#include "auth/token/issuer_keys.h"
#include "auth/token/token.h"
#include "base/result.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::auth {

// The outside world of a verifier. What is not given is the real one.
struct TokenWorld {
  std::function<Result<std::string>(const std::string& url)> fetch;
  std::function<jwt::Moment()> steady = &std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> wall = &std::chrono::system_clock::now;
};

class TokenVerifier {
 public:
  // Errc::usage when an issuer's line is wrong. Fetches nothing yet.
  static Result<std::shared_ptr<TokenVerifier>> make(const TokenConfig& config,
                                                     TokenWorld world = {});

  // What was verified before is answered at once. Blocks only while keys are fetched that are not known, and not longer than
  // twice auth.token.fetch_timeout. Errc::authentication says what is wrong.
  Result<std::shared_ptr<const Token>> verify(std::string_view text);
  // Never blocks: null when the token was not verified lately. For loops, which leave the rest to verify().
  std::shared_ptr<const Token> known(std::string_view text) const;

  // Fetches the keys that are due. May block. Meant to be called about once a minute; early calls cost nothing.
  Status refresh();
  jwt::Moment refresh_due() const;

  // With other settings from now on. Issuers whose lines did not change keep their keys.
  Status reconfigure(const TokenConfig& config);

  bool is_strict() const;
  std::size_t max_size() const;
  // Of an issuer's URL as tokens have it; empty: unknown.
  std::string issuer_name(std::string_view url) const;

 private:
  struct State;

  explicit TokenVerifier(TokenWorld world) : world_(std::move(world)) {}
  Result<std::shared_ptr<const State>> state_for(const TokenConfig& config) const;

  const TokenWorld world_;
  std::atomic<std::shared_ptr<const State>> state_;
};

// How logs name a token: the beginning of its SHA-256.
std::string token_label(std::string_view text);

}  // namespace sluice::auth
