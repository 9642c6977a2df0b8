// SPDX-License-Identifier: Apache-2.0
// kXR_auth: one credential of a client, looked at where it may block, in its place in the order of the connection's requests.
#include "auth/credential.h"
#include "base/offload.h"
#include "xroot/server/login.h"

namespace sluice::xroot::server {
namespace {

// What became of a credential.
struct Outcome {
  std::vector<std::byte> challenge;  // when there is no admission yet
  std::shared_ptr<const auth::Admission> admission;
  std::shared_ptr<const auth::SessionCipher> cipher;
};

Result<Outcome> judge(auth::Gatekeeper& gatekeeper, auth::Attempts& attempts,
                      const auth::Peer& peer, std::string_view method, ByteView credential) {
  SLUICE_TRY(auth::Verdict verdict, attempts.answer(gatekeeper.chain(), peer, method, credential));
  Outcome outcome;
  if (auto* challenge = std::get_if<auth::Challenge>(&verdict)) {
    outcome.challenge = std::move(challenge->bytes);
    return outcome;
  }
  auto& proof = std::get<auth::Proof>(verdict);
  SLUICE_TRY(outcome.admission, gatekeeper.admit(std::move(proof.identity)));
  outcome.cipher = std::move(proof.cipher);
  return outcome;
}

// Anybody succeeds with a name alone: that makes up for no failure.
bool proves_something(const Outcome& outcome) {
  return outcome.admission && outcome.admission->identity.is_proven;
}

void tell(const Session& session, const auth::Admission& admission) {
  log.info("session.authenticated", {{"peer", session.peer()},
                                     {"session", session.id_for_people()},
                                     {"method", admission.identity.method},
                                     {"name", admission.identity.name},
                                     {"principal", admission.principal.name}});
}

asio::awaitable<Status> look_at(Service* service, Exchange exchange, std::string method,
                                std::vector<std::byte> credential) {
  Session& session = *exchange.session;
  auth::Gatekeeper& gatekeeper = *service->gatekeeper;
  const auth::Peer peer{session.client_address(), session.is_encrypted(),
                        session.caller()->release};
  auto outcome = co_await offload(service->blocking, [&]() -> Result<Outcome> {
    SLUICE_CHECK(gatekeeper.limits().check(peer.address));
    auto judged = judge(gatekeeper, session.attempts(), peer, method, credential);
    if (!judged || proves_something(*judged))
      gatekeeper.limits().note(peer.address, judged.has_value());
    return judged;
  });
  if (!outcome) {
    log.info("session.not_authenticated", {{"peer", session.peer()},
                                           {"session", session.id_for_people()},
                                           {"method", auth::label_of(method)},
                                           {"why", outcome.error().message()}});
    exchange.error(outcome.error());
    if (session.attempts().exhausted()) session.close_after_answer();
  } else if (outcome->admission) {
    tell(session, *outcome->admission);
    session.authorise(std::move(outcome->admission), std::move(outcome->cipher));
    exchange.ok();
  } else {
    exchange.frame(ResponseStatus::authmore, outcome->challenge);
  }
  co_return Status{};
}

}  // namespace

Flow authenticate(Service& service, Exchange exchange, const Auth& request) {
  if (exchange.session->is_authorised()) {
    return exchange.failed(Errc::invalid_request, "nothing needs to be proven any more");
  }
  return look_at(&service, std::move(exchange), std::string(request.method_name()),
                 {request.credential.begin(), request.credential.end()});
}

}  // namespace sluice::xroot::server
