// SPDX-License-Identifier: Apache-2.0
// The server's side of gsi: the method with its keys and files, and the conversation with one client.
//
//   client -> certificate_wanted    its version, its authority, a tag
//   server -> server_certificate    its certificate and public value, signed; the client's tag, signed; its own tag
//   client -> client_certificate    its public value, signed with the key of the proxy; encrypted: the chain, our tag signed
//   server -> done, or proxy_request for a proxy that the client signs in a third round
#pragma once

#include "auth/gsi/config.h"
#include "auth/gsi/delegated_proxy.h"
#include "auth/gsi/host_identity.h"
#include "auth/gsi/protocol.h"
#include "auth/gsi/reserve.h"
#include "auth/gsi/voms.h"
#include "auth/method.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sluice::auth::gsi {

class ServerMethod final : public Method {
 public:
  ServerMethod(GsiConfig config, std::shared_ptr<const HostIdentity> host);

  std::string_view name() const override { return "gsi"; }
  std::string parameters() const override;
  std::unique_ptr<Conversation> begin(const Peer& peer) const override;
  Status reload() override;

  const GsiConfig& config() const { return config_; }
  std::shared_ptr<const HostIdentity> host() const { return host_.load(); }
  Result<Offer> take_offer(std::string_view client_release) const;
  Result<Key> take_rsa_key() const;
  Result<VomsAttributes> voms_attributes(const Verified& verified) const;

 private:
  GsiConfig config_;
  std::atomic<std::shared_ptr<const HostIdentity>> host_;
  // Of each group, where it can be wanted; and for requests for proxies. Taking changes them.
  mutable std::array<std::unique_ptr<Reserve<Offer>>, groups.size()> offers_;
  mutable std::unique_ptr<Reserve<Key>> rsa_keys_;
  mutable VomsReader voms_;
};

class ServerConversation final : public Conversation {
 public:
  // `method` outlives it.
  ServerConversation(const ServerMethod& method, std::string client_release)
      : method_(method), release_(std::move(client_release)) {}

  Result<Verdict> answer(ByteView credential) override;

 private:
  enum class Stage : std::uint8_t { hello, certificate, proxy, over };

  Result<Verdict> send_certificate(const Buckets& message);
  Status read_hello(const Buckets& message);
  Result<Verdict> check_certificate(const Buckets& message);
  Status agree(const Buckets& message);
  Result<Buckets> open_main(const Buckets& message) const;
  Status read_chain(const Buckets& inner);
  Status read_attributes();
  bool may_ask_for_proxy() const;
  Result<Verdict> ask_for_proxy(const Buckets& inner);
  Result<Verdict> take_proxy(const Buckets& message);
  Result<std::shared_ptr<const DelegatedProxy>> proxy_in(const Buckets& inner);
  Proof proof() const;
  EVP_PKEY* host_key() const { return offer_->host->credential.key.get(); }
  bool is_signed() const { return version_ >= version_with_signed_agreement; }

  const ServerMethod& method_;
  std::string release_;
  Stage stage_ = Stage::hello;
  std::int32_t version_ = 0;
  std::int32_t options_ = 0;
  bool is_padded_ = false;
  // As they are when the login begins: the offer may have been made before they changed.
  std::shared_ptr<const CaDirectory> authorities_;
  std::optional<Offer> offer_;
  Tag tag_;
  Key client_key_;
  std::shared_ptr<const AesSession> session_;
  Verified verified_;
  Identity identity_;
  Key proxy_key_;
};

}  // namespace sluice::auth::gsi
