// SPDX-License-Identifier: Apache-2.0
// The start of a channel: TCP, hello and protocol in one segment, TLS where asked for, login,
// authentication, the end of an older session; and the same for the additional streams of a session
// (kXR_bind).
#include "base/log.h"
#include "base/must_not_throw.h"
#include "xroot/client/channel.h"
#include "xroot/requests/auth.h"
#include "xroot/requests/bind.h"
#include "xroot/requests/endsess.h"
#include "xroot/requests/login.h"
#include "xroot/requests/protocol.h"
#include "xroot/security_token.h"

#include <unistd.h>

#include <algorithm>

namespace sluice::xroot::client {
namespace {

const Logger log("xroot_client");

constexpr std::size_t max_challenge = 64 * 1024;
constexpr std::size_t max_start_answer = 16 * 1024;

constexpr std::uint32_t first_version_with_pages = 0x0511;

std::string names_of(const std::vector<SecurityOffer>& offers) {
  std::string names;
  for (const SecurityOffer& offer : offers) {
    if (!names.empty()) names += ", ";
    names += offer.method;
  }
  return names;
}

}  // namespace

Task<void> Channel::establish() {
  SLUICE_CO_TRY(auto transport, co_await connect());
  if (state_ == State::closed) co_return tl::unexpected<Error>(error_);
  server_.address = transport->peer();
  streams_.push_back({std::make_unique<Stream>(executor_, std::move(transport), calls_), 0});
  Stream* stream = streams_.front().stream.get();
  stream->inbound().on_message = [peer = endpoint_.text()](std::string_view text) {
    log.info("server.said", {{"peer", peer}, {"text", text.substr(0, 512)}});
  };
  SLUICE_CO_TRY(auto protocol, co_await say_hello(stream, Expect::login));
  flags_ = protocol.flags;
  signing_ = protocol.signing;
  server_.version = protocol.version;
  server_.flags = protocol.flags;
  server_.is_data_server = (protocol.flags & server_flag::is_server) != 0;
  server_.has_pages = protocol.version >= first_version_with_pages &&
                      (protocol.flags & server_flag::supports_pages) != 0;
  SLUICE_CO_CHECK(co_await log_in(stream));
  if (old_session_) {
    TextSink ignored(max_start_answer);
    // A server that has forgotten the old session says so with an error, which is as good.
    auto ended = co_await ask(stream, Endsess{*old_session_}.encode(), &ignored);
    if (!ended && is_closed()) co_return tl::unexpected<Error>(ended.error());
  }
  co_return Status{};
}

// A stream of an older session has to reach the same machine, which a name with many addresses does not promise.
Task<std::unique_ptr<Transport>> Channel::connect() {
  const Duration limit = options_->timeouts.connect;
  if (options_->connect) return options_->connect(endpoint_.host, endpoint_.port, limit);
  if (streams_.empty()) return connect_tcp(endpoint_.host, endpoint_.port, limit);
  return connect_tcp({streams_.front().stream->transport().endpoint()}, endpoint_.text(), limit);
}

Task<Answer> Channel::ask(Stream* stream, EncodedRequest request, TextSink* sink) {
  Call call(executor_, std::move(request), *sink);
  call.patience = options_->timeouts.connect;
  call.breaks_when_late = true;
  while (!calls_.has_room() && !is_closed()) co_await calls_.room();
  if (is_closed()) co_return tl::unexpected<Error>(error_);
  stream->send(calls_.add(call, std::chrono::steady_clock::now()));
  SLUICE_CO_CHECK(co_await stream->drive(&call));
  co_return std::move(call.answer);
}

Task<ProtocolAnswer> Channel::say_hello(Stream* stream, Expect expect) {
  if (endpoint_.tls && !options_->tls) {
    co_return fail(Errc::tls_required, endpoint_.text() + ": this client cannot speak TLS");
  }
  std::vector<std::byte> hello(hello_size);
  encode_hello(std::span(hello).first<hello_size>());
  TextSink hello_sink(2 * response_header_size);
  Call hello_call(executor_, {}, hello_sink);
  hello_call.patience = options_->timeouts.connect;
  hello_call.breaks_when_late = true;
  stream->send_raw(std::move(hello));
  calls_.add_hello(hello_call, std::chrono::steady_clock::now());

  Protocol protocol;
  protocol.flags.can_tls = static_cast<bool>(options_->tls);
  protocol.flags.want_tls = endpoint_.tls;
  protocol.flags.signing_rules = expect == Expect::login;
  protocol.expect = expect;
  TextSink sink(max_start_answer);
  SLUICE_CO_TRY(auto answer, co_await ask(stream, protocol.encode(), &sink));
  if (!hello_call.answer) co_return tl::unexpected<Error>(hello_call.answer.error());
  SLUICE_CO_CHECK(HelloAnswer::decode(hello_sink.bytes()));
  if (answer.kind != Answer::Kind::ok)
    co_return fail(Errc::protocol, "the server evades kXR_protocol");
  SLUICE_CO_TRY(auto decoded, ProtocolAnswer::decode(sink.bytes()));

  bool has_tls = (decoded.flags & server_flag::have_tls) != 0;
  if (endpoint_.tls && !has_tls)
    co_return fail(Errc::unsupported, endpoint_.text() + " has no TLS");
  std::uint32_t now =
      server_flag::goto_tls | (expect == Expect::login ? server_flag::tls_login : 0);
  if ((decoded.flags & now) != 0) SLUICE_CO_CHECK(co_await start_tls(stream));
  // Whoever asked for TLS never goes on without it.
  if (endpoint_.tls && !stream->transport().is_encrypted())
    co_return fail(Errc::unsupported, endpoint_.text() + " does not begin with TLS when asked");
  co_return decoded;
}

Task<void> Channel::start_tls(Stream* stream) {
  if (stream->transport().is_encrypted()) co_return Status{};
  if (!options_->tls) {
    co_return fail(Errc::tls_required,
                   endpoint_.text() + " wants TLS, which this client cannot speak");
  }
  co_return co_await stream->replace_transport([this](std::unique_ptr<Transport> clear) {
    return options_->tls(std::move(clear), endpoint_.host);
  });
}

Task<void> Channel::log_in(Stream* stream) {
  Login login;
  login.pid = ::getpid();
  login.set_user_name(user_name());
  login.abilities.full_urls = true;
  login.abilities.redirects_reads = true;
  login.abilities.dual_stack = true;
  login.accepts_async = true;
  std::string cgi = login_cgi();
  login.cgi = cgi;
  TextSink sink(sizeof(SessionId) + max_security_token);
  SLUICE_CO_TRY(auto answer, co_await ask(stream, login.encode(), &sink));
  if (answer.kind != Answer::Kind::ok)
    co_return fail(Errc::protocol, "the server evades kXR_login");
  SLUICE_CO_TRY(auto decoded, LoginAnswer::decode(sink.bytes()));
  session_ = decoded.session;
  if (!decoded.security.empty()) {
    SLUICE_CO_CHECK(co_await authenticate(stream, std::string(decoded.security)));
  }
  if ((flags_ & server_flag::tls_session) != 0) SLUICE_CO_CHECK(co_await start_tls(stream));
  co_return Status{};
}

std::string Channel::user_name() const {
  if (!options_->user_name.empty()) return options_->user_name;
  if (!endpoint_.user.empty()) return endpoint_.user;
  const char* name = ::getenv("USER");
  return name == nullptr || *name == '\0' ? "uid" + std::to_string(::getuid()) : name;
}

std::string Channel::login_cgi() const {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string cgi = "xrd.appname=" + options_->app_name + "&xrd.info=&xrd.hostname=" + host.data() +
                    "&xrd.rn=sluice-" SLUICE_VERSION;
  if (!login_token_.empty()) cgi += "&" + login_token_;
  return cgi;
}

std::unique_ptr<AuthExchange> Channel::exchange_for(const AuthOffer& offer) const {
  const Transport& transport = streams_.front().stream->transport();
  const AuthPeer peer{endpoint_.host, transport.is_encrypted(), user_name(), transport.local(),
                      endpoint_.credentials};
  return options_->credentials->begin(offer, peer);
}

Task<void> Channel::authenticate(Stream* stream, std::string offers) {
  SLUICE_CO_TRY(auto methods, parse_security_token(offers));
  std::string attempts;  // every one, for the error
  for (const SecurityOffer& method : methods) {
    AuthOffer offer{std::string(method.method), std::string(method.parameters)};
    if (offer.method.size() > sizeof(Auth::method)) continue;
    auto exchange = exchange_for(offer);
    if (!exchange) continue;
    Status status = co_await authenticate_with(stream, offer, std::move(exchange));
    if (status || is_closed()) co_return status;
    attempts += "; " + offer.method + ": " + status.error().message();
  }
  co_return fail(Errc::authentication,
                 endpoint_.text() + " accepts " + names_of(methods) +
                     (attempts.empty() ? "; there is no credential for any of them" : attempts));
}

Task<void> Channel::authenticate_with(Stream* stream, AuthOffer offer,
                                      std::unique_ptr<AuthExchange> exchange) {
  std::vector<std::byte> challenge;
  for (int round = 0; round < options_->limits.auth_rounds; ++round) {
    SLUICE_CO_TRY(auto credential, co_await exchange->next(std::move(challenge)));
    Auth auth;
    std::ranges::copy(offer.method, auth.method.begin());
    auth.credential = credential;
    TextSink sink(max_challenge);
    SLUICE_CO_TRY(auto answer, co_await ask(stream, auth.encode(), &sink));
    if (answer.kind == Answer::Kind::ok) {
      // What TLS protects is not signed as well.
      if (signing_ && !stream->transport().is_encrypted())
        stream->sign_with(std::make_unique<Signer>(*signing_, exchange->cipher()));
      co_return Status{};
    }
    if (answer.kind != Answer::Kind::more)
      co_return fail(Errc::protocol, "the server evades kXR_auth");
    challenge = std::move(answer.body);
  }
  co_return fail(Errc::authentication, "the server asked for too many rounds");
}

Task<void> Channel::add_streams(int count) {
  // One coroutine binds; others that want streams meanwhile wait for what it achieves.
  while (is_binding_) co_await bound_.wait();
  if (static_cast<int>(streams_.size()) > count || state_ != State::ready) co_return Status{};
  struct Binding {  // ends when a cancellation ends this coroutine, too
    explicit Binding(Channel* owner) : channel(owner) {
      channel->is_binding_ = true;
      channel->bound_.reset();
    }
    ~Binding() {
      channel->is_binding_ = false;
      channel->binding_ = nullptr;
      must_not_throw([this] { channel->bound_.set(); });
    }
    Channel* channel;
  } binding(this);
  Status status;
  while (status && static_cast<int>(streams_.size()) <= count) status = co_await bind_stream();
  co_return status;
}

Task<void> Channel::bind_stream() {
  SLUICE_CO_TRY(auto transport, co_await connect());
  if (is_closed()) co_return tl::unexpected<Error>(error_);
  auto stream = std::make_unique<Stream>(executor_, std::move(transport), calls_);
  binding_ = stream.get();
  SLUICE_CO_CHECK(co_await say_hello(stream.get(), Expect::bind));
  TextSink sink(max_start_answer);
  SLUICE_CO_TRY(auto answer, co_await ask(stream.get(), Bind{*session_}.encode(), &sink));
  if (answer.kind != Answer::Kind::ok) co_return fail(Errc::protocol, "the server evades kXR_bind");
  SLUICE_CO_TRY(auto bound, BindAnswer::decode(sink.bytes()));
  if (state_ != State::ready || children_ == nullptr) co_return tl::unexpected<Error>(error_);
  if (bound.path_id == 0) co_return fail(Errc::protocol, "the server gave a bound stream path 0");
  binding_ = nullptr;
  streams_.push_back({std::move(stream), bound.path_id});
  children_->spawn(carry(streams_.back().stream.get()));
  children_->spawn(send_for(streams_.back().stream.get()));
  co_return Status{};
}

}  // namespace sluice::xroot::client
