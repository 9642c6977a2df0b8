// SPDX-License-Identifier: Apache-2.0
// The client's side of gsi; server.h has the messages.
#pragma once

#include "auth/gsi/agreement.h"
#include "auth/gsi/ca_directory.h"
#include "auth/gsi/certificate.h"
#include "auth/gsi/delegated_proxy.h"
#include "auth/gsi/protocol.h"
#include "auth/method.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::auth::gsi {

// "v:10600,c:ssl,ca:b9c2134a.0|8aca69b1.0" of the security token.
struct ServerParameters {
  std::int32_t version = newest_version;  // no newer than ours
  bool pads = true;
  std::vector<std::string> authorities;  // hashes, without ".0"
};
Result<ServerParameters> parse_parameters(std::string_view text);

class ClientGsi final : public ClientConversation {
 public:
  // `proxy`: null for the user's own.
  ClientGsi(Server server, std::shared_ptr<const DelegatedProxy> proxy)
      : server_(std::move(server)), delegated_(std::move(proxy)) {}

  Result<std::vector<std::byte>> begin() override;
  Result<std::vector<std::byte>> answer(ByteView challenge) override;
  std::shared_ptr<const SessionCipher> cipher() const override { return session_; }

 private:
  enum class Stage : std::uint8_t { start, certificate, request, over };

  std::string variable(std::string_view name) const;
  Result<std::vector<std::byte>> send_certificate(const Buckets& message);
  Status check_server(const Buckets& message);
  Status check_name(X509* certificate);
  Result<std::shared_ptr<const CaDirectory>> authorities(const Chain& chain) const;
  Status agree(const Buckets& message, Buckets& outer);
  Result<std::vector<std::byte>> answer_request(const Buckets& message);
  bool is_signed() const { return parameters_.version >= version_with_signed_agreement; }
  const Credential& credential() const;

  Server server_;
  std::shared_ptr<const DelegatedProxy> delegated_;
  Credential own_;
  ServerParameters parameters_;
  Stage stage_ = Stage::start;
  bool may_delegate_ = false;
  Tag tag_;
  Key server_key_;
  std::shared_ptr<const AesSession> session_;
};

}  // namespace sluice::auth::gsi
