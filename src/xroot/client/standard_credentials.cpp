// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/standard_credentials.h"

#include "auth/methods.h"
#include "base/text.h"
#include "xroot/opaque.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::xroot::client {
namespace {

std::string variable(std::string_view name) {
  const char* value = ::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

class StandardExchange final : public AuthExchange {
 public:
  explicit StandardExchange(std::unique_ptr<auth::ClientConversation> conversation)
      : conversation_(std::move(conversation)) {}

  Task<std::vector<std::byte>> next(std::vector<std::byte> challenge) override {
    if (!std::exchange(begun_, true)) co_return conversation_->begin();
    co_return conversation_->answer(challenge);
  }
  std::shared_ptr<const auth::SessionCipher> cipher() const override {
    return conversation_->cipher();
  }

 private:
  std::unique_ptr<auth::ClientConversation> conversation_;
  bool begun_ = false;
};

// XrdSecPROTOCOL names the methods that may be used; empty: all.
bool is_wanted(std::string_view method, const Variables& variables) {
  const std::string wanted = variables("XrdSecPROTOCOL");
  return wanted.empty() || std::ranges::any_of(split(wanted, ','), [&](std::string_view word) {
           return trim(word) == method;
         });
}

std::unique_ptr<auth::ClientConversation> conversation(const AuthOffer& offer, const AuthPeer& peer,
                                                       const Variables& variables) {
  const auto rows = auth::client_methods();
  auto row = std::ranges::find(rows, offer.method, &auth::ClientRow::name);
  if (row == rows.end() || !is_wanted(offer.method, variables)) return nullptr;
  auth::Server server;
  server.host = peer.host;
  server.is_encrypted = peer.is_encrypted;
  server.user = peer.user;
  server.parameters = offer.parameters;
  server.variable = variables;
  server.option = [options = peer.options](std::string_view key) {
    return std::string(Opaque(options).get(key).value_or(""));
  };
  server.local = peer.local;
  return row->begin(server);
}

class StandardCredentials final : public Credentials {
 public:
  explicit StandardCredentials(Variables variables) : variables_(std::move(variables)) {}

  std::unique_ptr<AuthExchange> begin(const AuthOffer& offer, const AuthPeer& peer) override {
    auto begun = conversation(offer, peer, variables_);
    if (!begun) return nullptr;
    return std::make_unique<StandardExchange>(std::move(begun));
  }

 private:
  const Variables variables_;
};

}  // namespace

std::unique_ptr<auth::ClientConversation> standard_conversation(const AuthOffer& offer,
                                                                const AuthPeer& peer) {
  return conversation(offer, peer, &variable);
}

std::shared_ptr<Credentials> standard_credentials() { return credentials_of(&variable); }

std::shared_ptr<Credentials> credentials_of(Variables variables) {
  return std::make_shared<StandardCredentials>(std::move(variables));
}

}  // namespace sluice::xroot::client
