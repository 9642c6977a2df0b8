// SPDX-License-Identifier: Apache-2.0
#include "auth/unix/unix.h"

#include "auth/credential.h"

#include <algorithm>

namespace sluice::auth {
namespace {

class UnixConversation final : public Conversation {
 public:
  explicit UnixConversation(bool is_trusted) : is_trusted_(is_trusted) {}
  Result<Verdict> answer(ByteView credential) override {
    SLUICE_TRY(UnixName name, unix_name_of(credential));
    Proof proof;
    proof.identity.method = "unix";
    proof.identity.name = std::move(name.user);
    if (!name.group.empty()) proof.identity.groups.push_back(std::move(name.group));
    proof.identity.is_proven = is_trusted_;
    return proof;
  }

 private:
  bool is_trusted_;
};

class Unix final : public Method {
 public:
  explicit Unix(std::vector<net::Network> trusted) : trusted_(std::move(trusted)) {}
  std::string_view name() const override { return "unix"; }
  std::unique_ptr<Conversation> begin(const Peer& peer) const override {
    return std::make_unique<UnixConversation>(std::ranges::any_of(
        trusted_, [&](const net::Network& network) { return network.has(peer.address); }));
  }

 private:
  std::vector<net::Network> trusted_;
};

class UnixClient final : public ClientConversation {
 public:
  explicit UnixClient(std::string user) : user_(std::move(user)) {}
  Result<std::vector<std::byte>> begin() override {
    std::vector<std::byte> content;
    Writer(content).c_text(user_);
    return credential_of("unix", content);
  }
  Result<std::vector<std::byte>> answer(ByteView) override {
    return fail(Errc::authentication, "unix: the server asks for more than a name");
  }

 private:
  std::string user_;
};

}  // namespace

Result<UnixName> unix_name_of(ByteView credential) {
  SLUICE_TRY(const ByteView content, content_of(credential, "unix"));
  std::string_view text = as_text(content);
  text = text.substr(0, text.find('\0'));
  const std::size_t blank = std::min(text.find(' '), text.size());
  UnixName name{label_of(text.substr(0, blank)), {}};
  if (blank < text.size()) name.group = label_of(text.substr(blank + 1));
  if (name.user.empty()) return fail(Errc::authentication, "the unix credential has no name");
  return name;
}

std::unique_ptr<Method> make_unix(std::vector<net::Network> trusted) {
  return std::make_unique<Unix>(std::move(trusted));
}

std::unique_ptr<ClientConversation> begin_unix(const Server& server) {
  std::string user = server.user;
  return std::make_unique<UnixClient>(user + " " + user);
}

}  // namespace sluice::auth
