// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/tls_transport.h"

#include "net/tls_stream.h"
#include "xroot/client/transport.h"

namespace sluice::xroot::client {
namespace {

class TransportCarrier final : public net::TlsStream::Carrier {
 public:
  explicit TransportCarrier(Transport& clear) : clear_(clear) {}
  Result<std::size_t> try_receive(ByteSpan into) override {
    iovec piece{into.data(), into.size()};
    return clear_.try_receive(std::span<const iovec>(&piece, 1));
  }
  Result<std::size_t> try_send(ByteView bytes) override {
    iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};  // only read
    return clear_.try_send(std::span<const iovec>(&piece, 1));
  }

 private:
  Transport& clear_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(std::unique_ptr<Transport> clear, std::unique_ptr<net::TlsStream> tls)
      : clear_(std::move(clear)), tls_(std::move(tls)) {}

  Task<void> shake_hands() {
    using Handshake = net::TlsStream::Handshake;
    for (;;) {
      SLUICE_CO_TRY(Handshake step, tls_->try_handshake());
      if (step == Handshake::done) co_return Status{};
      SLUICE_CO_CHECK(step == Handshake::wants_read ? co_await clear_->readable()
                                                    : co_await clear_->writable());
    }
  }

  Result<std::size_t> try_receive(std::span<const iovec> into) override {
    return tls_->try_receive(into);
  }
  Result<std::size_t> try_send(std::span<const iovec> bytes) override {
    return tls_->try_send(bytes);
  }
  bool has_unsent() const override { return tls_->has_unsent(); }

  Task<void> readable() override {
    if (!tls_->is_dry()) co_return Status{};
    co_return co_await clear_->readable();
  }
  Task<void> writable() override {
    for (;;) {
      SLUICE_CO_CHECK(co_await clear_->writable());
      SLUICE_CO_TRY(bool is_clear, tls_->flush());
      if (is_clear) co_return Status{};
    }
  }

  void close() override {
    if (!std::exchange(is_closed_, true)) tls_->send_end();
    clear_->close();
  }

  bool is_encrypted() const override { return true; }
  std::string peer() const override { return clear_->peer(); }
  tcp::endpoint endpoint() const override { return clear_->endpoint(); }
  tcp::endpoint local() const override { return clear_->local(); }

 private:
  std::unique_ptr<Transport> clear_;
  std::unique_ptr<net::TlsStream> tls_;
  bool is_closed_ = false;
};

Task<std::unique_ptr<Transport>> upgrade(std::shared_ptr<net::ClientTls> trust,
                                         std::unique_ptr<Transport> clear, std::string host) {
  SLUICE_CO_TRY(net::SslPtr ssl, trust->connection(host, clear->endpoint().port()));
  auto carrier = std::make_unique<TransportCarrier>(*clear);
  SLUICE_CO_TRY(auto tls, net::TlsStream::make(std::move(ssl), std::move(carrier), {}));
  auto made = std::make_unique<TlsTransport>(std::move(clear), std::move(tls));
  if (Status done = co_await made->shake_hands(); !done)
    co_return fail(done.error().code, host + ": " + done.error().detail);
  co_return made;
}

}  // namespace

TlsUpgrade tls_upgrade(std::shared_ptr<net::ClientTls> trust) {
  return [trust = std::move(trust)](std::unique_ptr<Transport> clear, std::string host) {
    return upgrade(trust, std::move(clear), std::move(host));
  };
}

}  // namespace sluice::xroot::client
