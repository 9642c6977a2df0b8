// SPDX-License-Identifier: Apache-2.0
// The rows about the connection itself, which every role shares: protocol, login, ping, bind,
// endsess.
#include "xroot/server/login.h"

#include "auth/credential.h"
#include "base/endpoint.h"
#include "xroot/responses.h"
#include "xroot/security_token.h"

#include <sys/random.h>

namespace sluice::xroot::server {

Flow protocol(Service& service, Exchange exchange, const Protocol& request) {
  Session& session = *exchange.session;
  const TlsAnswer tls = session.answer_about_tls(request);
  ProtocolAnswer answer{protocol_version, service.protocol_flags() | tls.flags, {}};
  // What TLS protects is not signed as well.
  const bool encrypted = session.is_encrypted() || tls.start != TlsStart::never;
  if (request.flags.signing_rules && service.config.sign_level != 0 && !encrypted) {
    answer.signing = SigningRules{false,
                                  service.config.sign_without_key,
                                  static_cast<std::uint8_t>(service.config.sign_level),
                                  {}};
  }
  Reply reply;
  answer.encode(reply.body);
  exchange.reply(std::move(reply));
  if (tls.start == TlsStart::now) return session.begin_tls();
  return {};
}

namespace {

constexpr std::size_t max_application = 64;

}  // namespace

std::string session_label(std::string_view value) {
  constexpr std::size_t size = 12;
  return auth::label_of(value, size);
}

namespace {

std::string_view value_of(std::string_view cgi, std::string_view key) {
  while (!cgi.empty()) {
    std::string_view pair = cgi.substr(0, cgi.find('&'));
    cgi.remove_prefix(std::min(cgi.size(), pair.size() + 1));
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
      return pair.substr(key.size() + 1);
    }
  }
  return {};
}

// Where a redirect came from, so that its target can send the client back.
std::string door_of(std::string_view cgi) {
  auto door = parse_endpoint(value_of(cgi, redirected_by));
  return door ? to_text(*door) : std::string();
}

}  // namespace

namespace {

// What the login answer ends with: the methods, in the order of trial.
std::string security_token(const auth::Chain& chain) {
  std::vector<std::string> parameters;
  for (const auto& method : chain.methods()) parameters.push_back(method->parameters());
  std::vector<SecurityOffer> offers;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    offers.push_back({chain.methods()[i]->name(), parameters[i]});
  return build_security_token(offers);
}

}  // namespace

Result<Reply> log_in(Session& session, const Login& request) {
  if (session.logged_in()) return fail(Errc::invalid_request, "already logged in");
  Caller login;
  if (::getrandom(login.id.data(), login.id.size(), 0) != static_cast<ssize_t>(login.id.size())) {
    return fail(Errc::server, "no random numbers");
  }
  login.user = request.user_name();
  login.pid = request.pid;
  login.application = auth::label_of(value_of(request.cgi, "xrd.appname"), max_application);
  login.release = auth::label_of(value_of(request.cgi, "xrd.rn"), max_application);
  login.async_answers = request.accepts_async;
  login.door = door_of(request.cgi);
  login.abilities = request.abilities;
  Reply reply;
  Writer(reply.body).bytes(login.id);
  const auth::Gatekeeper& gatekeeper = *session.service().gatekeeper;
  login.admission = gatekeeper.unasked(login.user);
  const bool asks = gatekeeper.chain().asks();
  if (asks) Writer(reply.body).text(security_token(gatekeeper.chain()));
  session.log_in(std::move(login));
  if (!asks) session.authorise(session.caller()->admission, nullptr);
  return reply;
}

void add_details(AccessNote& note, const Login& request) {
  note.add({"pid", request.pid});
  note.add({"application", auth::label_of(value_of(request.cgi, "xrd.appname"), max_application)});
  if (std::string door = door_of(request.cgi); !door.empty()) note.add({"door", door});
}

Result<Reply> ping(Session&, const Ping&) { return Reply{}; }

// Answered by the session the stream now belongs to, on that session's loop.
Flow bind(Service& service, Exchange exchange, const Bind& request) {
  if (exchange.session->logged_in())
    return exchange.failed(Errc::invalid_request, "a session cannot become a stream");
  SessionRegistry::Entry target = service.sessions.find(request.session);
  if (target.loop == nullptr || target.session.expired())
    return exchange.failed(Errc::not_found, "no such session");
  exchange.session->hand_over(std::move(target), exchange.stream);
  exchange.sent();
  return {};
}

namespace {

// The client lost that connection and comes back: what it held open is free before this is answered.
asio::awaitable<Status> end_other(Exchange exchange, SessionRegistry::Entry old) {
  constexpr auto look = std::chrono::milliseconds(5);
  constexpr int looks =
      1000;  // a commit under way may take seconds; then the client finds the file locked
  asio::post(old.loop->context(), [dead = old.session] {
    if (auto session = dead.lock()) session->expire();
  });
  asio::steady_timer pause(exchange.session->loop().context());
  for (int i = 0; i < looks && !old.held.expired(); ++i) {
    pause.expires_after(look);
    if (auto [error] = co_await pause.async_wait(as_value); error) break;
  }
  exchange.ok();
  co_return Status{};
}

}  // namespace

namespace {

bool is_same(const Caller& a, const Caller& b) {
  const auth::Identity& left = a.admission->identity;
  const auth::Identity& right = b.admission->identity;
  return a.user == b.user && left.method == right.method && left.name == right.name;
}

}  // namespace

Flow end_session(Service& service, Exchange exchange, const Endsess& request) {
  const Caller& caller = *exchange.session->caller();
  if (request.session == SessionId{} || request.session == caller.id) {
    exchange.session->close_after_answer();
    exchange.ok();
    return {};
  }
  SessionRegistry::Entry old = service.sessions.find(request.session);
  if (old.loop != nullptr && is_same(*old.caller, caller))
    return end_other(std::move(exchange), std::move(old));
  exchange.ok();
  return {};
}

Result<Reply> set(Session& session, const Set& request) {
  constexpr std::size_t logged = 80;
  log.info("client.set", {{"peer", session.peer()},
                          {"session", session.id_for_people()},
                          {"text", auth::label_of(request.text, logged)}});
  return Reply{};
}

}  // namespace sluice::xroot::server
