// SPDX-License-Identifier: Apache-2.0
// What a server asks of those who come: the chain of methods, the addresses that are locked out, the tokens it believes, who
// somebody is here after all, and what clients may do at all.
#pragma once

#include "auth/access/access.h"
#include "auth/chain.h"
#include "auth/mapping/mapping.h"
#include "auth/principal.h"
#include "auth/settings.h"
#include "auth/source_limits.h"
#include "auth/token/token_verifier.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::auth {

// Whoever was let in: what was proven, and as whom requests are decided.
struct Admission {
  Identity identity;
  Principal principal;
};

class Gatekeeper {
 public:
  // `is_local`: the server listens on loopback only. Errors say in one line what a method lacks, or which rule is wrong.
  static Result<std::shared_ptr<Gatekeeper>> make(const Settings& settings, bool is_local);

  // Asks nobody, and everybody may do everything.
  static std::shared_ptr<Gatekeeper> of_everybody();

  const Chain& chain() const { return chain_; }
  SourceLimits& limits() { return limits_; }
  const Access& access() const { return policy().access; }

  // May block. Errc::not_authorized: known, and not let in.
  Result<std::shared_ptr<const Admission>> admit(Identity identity) const;
  // Of a client that nobody asks; `label` is what it calls itself.
  std::shared_ptr<const Admission> unasked(std::string label) const;

  // Some issuer is believed; else what requests bring as tokens is nothing to us.
  bool takes_tokens() const { return takes_tokens_; }
  // Each request on a path needs a token of its own.
  bool is_strict() const { return is_strict_; }
  // Who a request is from that brings a token of its own: the value of `authz` in its CGI. May block; for what known_bearer()
  // does not know.
  Result<std::shared_ptr<const Admission>> admit_bearer(std::string_view authz);
  // The same, if that is known already; else null. Never blocks. Each thread keeps the text of the last one that it was asked
  // for.
  std::shared_ptr<const Admission> known_bearer(std::string_view authz) const;

  // Looks at all files again, and fetches the keys of issuers that are due. May block.
  void reload();
  // With the tokens, the rules and the access of other settings from now on; on an error with those that it had. Who was let
  // in by then stays who it is.
  Status reconfigure(const Settings& settings);

 private:
  Gatekeeper(const AuthConfig& config, Chain chain, bool is_local)
      : chain_(std::move(chain)),
        is_local_(is_local),
        limits_(config.most_failures, config.lock_out) {}

  struct Policy {
    MappingConfig mapping_settings;
    AccessConfig access_settings;
    Mapping mapping;
    Access access;
  };
  const Policy& policy() const { return *policy_.load(std::memory_order_acquire); }
  // That of the settings; null if that is what we have.
  Result<std::unique_ptr<const Policy>> other_policy(const Settings& settings) const;

  // The admissions of tokens that were verified lately. They hold their tokens, so that no other can have the same address.
  class Admitted {
   public:
    std::shared_ptr<const Admission> find(const Token& token) const;
    void put(std::shared_ptr<const Admission> admission);
    void clear();

   private:
    static constexpr std::size_t most = 10'000;

    mutable std::mutex mutex_;  // once per request with a token, for a lookup
    std::unordered_map<const Token*, std::shared_ptr<const Admission>> all_;
  };

  Chain chain_;
  const bool is_local_;
  SourceLimits limits_;
  // Every request asks for it, so there is no lock and no count: what it was stays, for whoever still looks at it. It changes
  // as often as an operator edits the settings.
  std::atomic<const Policy*> policy_ = nullptr;
  std::vector<std::unique_ptr<const Policy>> policies_;
  std::mutex changing_;
  std::shared_ptr<TokenVerifier> tokens_;
  Admitted admitted_;
  std::atomic<bool> takes_tokens_ = false;
  std::atomic<bool> is_strict_ = false;
};

}  // namespace sluice::auth
