// SPDX-License-Identifier: Apache-2.0
#include "auth/token/bearer.h"
#include "auth/ztn/credential.h"
#include "auth/ztn/ztn.h"
#include "base/text.h"

#include <algorithm>

namespace sluice::auth {
namespace {

class ZtnConversation final : public Conversation {
 public:
  ZtnConversation(std::size_t max_size, bool is_encrypted, std::shared_ptr<TokenVerifier> tokens)
      : max_size_(max_size), is_encrypted_(is_encrypted), tokens_(std::move(tokens)) {}

  Result<Verdict> answer(ByteView credential) override {
    SLUICE_TRY(std::string_view sent, ztn::token_in(credential));
    if (!is_encrypted_) return fail(Errc::authentication, "ztn requires TLS");
    if (sent.size() > max_size_)
      return fail(Errc::authentication,
                  "ztn: the token is longer than " + std::to_string(max_size_) + " bytes");
    auto text = bearer_of(sent);
    if (!text) return fail(Errc::authentication, "ztn: that is no bearer token");
    SLUICE_TRY(auto token, tokens_->verify(*text));
    Identity identity;
    identity.method = ztn::name;
    identity.name = token->subject;
    identity.is_proven = true;
    identity.groups = token->groups;
    identity.token = std::move(token);
    return Proof{std::move(identity), nullptr};
  }

 private:
  const std::size_t max_size_;
  const bool is_encrypted_;
  const std::shared_ptr<TokenVerifier> tokens_;
};

class Ztn final : public Method {
 public:
  Ztn(const ZtnConfig& config, std::shared_ptr<TokenVerifier> tokens)
      : max_size_(config.max_size.count), tokens_(std::move(tokens)) {
    constexpr std::uint32_t version = 0;  // the low byte of the flags
    parameters_ =
        std::to_string((config.flags & ~0xffU) | version) + ":" + std::to_string(max_size_) + ":";
    for (const std::string& place : config.locations) {
      if (!parameters_.ends_with(':')) parameters_.append(",");
      parameters_.append(place);
    }
  }

  std::string_view name() const override { return ztn::name; }
  std::string parameters() const override { return parameters_; }
  std::unique_ptr<Conversation> begin(const Peer& peer) const override {
    return std::make_unique<ZtnConversation>(max_size_, peer.is_encrypted, tokens_);
  }
  Status reload() override { return tokens_->refresh(); }

 private:
  const std::size_t max_size_;
  const std::shared_ptr<TokenVerifier> tokens_;
  std::string parameters_;
};

}  // namespace

Status check_ztn_locations(const std::vector<std::string>& locations) {
  constexpr std::size_t max_locations = 16;
  if (locations.size() > max_locations) return fail(Errc::usage, "more than 16 locations");
  auto is_bad = [](char c) { return c <= ' ' || c == 0x7f || c == '&' || c == ',' || c == ':'; };
  for (const std::string& place : locations) {
    if (place.empty() || place.size() > 255 || std::ranges::any_of(place, is_bad)) {
      return fail(Errc::usage, json_quoted(std::string_view(place).substr(0, 64)) +
                                   " is no location: 1 to 255 characters without spaces, '&', "
                                   "',' and ':'");
    }
  }
  return {};
}

std::unique_ptr<Method> make_ztn(const ZtnConfig& config, std::shared_ptr<TokenVerifier> tokens) {
  return std::make_unique<Ztn>(config, std::move(tokens));
}

}  // namespace sluice::auth
