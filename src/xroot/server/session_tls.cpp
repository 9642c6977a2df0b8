// SPDX-License-Identifier: Apache-2.0
// A session becomes encrypted: directly behind the answer to kXR_protocol, or when the client begins after its login.
#include "xroot/server/session.h"

namespace sluice::xroot::server {

TlsAnswer Session::answer_about_tls(const Protocol& request) {
  TlsAnswer answer =
      server::answer_about_tls(service_->tls.rules, request, is_encrypted() || logged_in());
  if (!logged_in()) {
    awaits_tls_ = answer.start == TlsStart::after_login;
    wants_tls_ = request.flags.want_tls;
  }
  return answer;
}

asio::awaitable<Status> Session::begin_tls() {
  awaits_tls_ = false;
  // The last answers in clear; other requests that wait for theirs would be answered in the midst of the handshake.
  SLUICE_CO_CHECK(co_await main_.out.drain());
  if (!pending_.empty()) co_return fail(Errc::protocol, "TLS begins while requests are under way");
  SLUICE_CO_TRY(net::SslPtr ssl, service_->tls.context->connection());
  const ByteView received = main_.in.bytes();
  main_.in.consume(received.size());
  Status done =
      co_await main_.socket.start_tls(std::move(ssl), received, service_->tls.handshake_timeout);
  if (!done) {
    service_->beginnings.failed_handshakes.add();
    log.info("tls.failed", {{"peer", peer_}, {"why", done.error().message()}});
    co_return done;
  }
  const bool resumed = main_.socket.tls()->is_resumed();
  (resumed ? service_->beginnings.resumed_handshakes : service_->beginnings.full_handshakes).add();
  log.debug("tls.begun", {{"peer", peer_},
                          {"version", main_.socket.tls()->version()},
                          {"cipher", main_.socket.tls()->cipher()},
                          {"resumed", resumed}});
  if (logged_in()) note_encryption();
  co_return Status{};
}

// Whoever asks about the client from now on.
void Session::note_encryption() {
  Caller same = *caller_;
  same.encrypted = true;
  caller_ = std::make_shared<const Caller>(std::move(same));
  service_->sessions.update(caller_->id, caller_);
}

}  // namespace sluice::xroot::server
