// SPDX-License-Identifier: Apache-2.0
#include "auth/host/host.h"

#include "auth/credential.h"

namespace sluice::auth {
namespace {

class HostConversation final : public Conversation {
 public:
  explicit HostConversation(std::string address) : address_(std::move(address)) {}
  Result<Verdict> answer(ByteView) override {
    Proof proof;
    proof.identity.method = "host";
    proof.identity.name = address_;
    return proof;
  }

 private:
  std::string address_;
};

class Host final : public Method {
 public:
  std::string_view name() const override { return "host"; }
  bool takes_bare_name() const override { return true; }
  std::unique_ptr<Conversation> begin(const Peer& peer) const override {
    return std::make_unique<HostConversation>(peer.address.to_string());
  }
};

class HostClient final : public ClientConversation {
 public:
  Result<std::vector<std::byte>> begin() override { return credential_of("host", {}); }
  Result<std::vector<std::byte>> answer(ByteView) override {
    return fail(Errc::authentication, "host: the server asks for more than an address");
  }
};

}  // namespace

std::unique_ptr<Method> make_host() { return std::make_unique<Host>(); }

std::unique_ptr<ClientConversation> begin_host(const Server&) {
  return std::make_unique<HostClient>();
}

}  // namespace sluice::auth
