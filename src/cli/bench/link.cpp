// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/link.h"

#include "cli/bench/connection.h"
#include "cli/bench/requests.h"
#include "cli/bench/worker.h"
#include "xroot/responses.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice::cli::bench {

namespace {

constexpr std::size_t small_receive = 64 << 10;
constexpr std::size_t longest_capture = 16 << 10;

}  // namespace

std::string refusal(const Answer& answer, ByteView body) {
  constexpr std::size_t longest_text = 120;
  Reader in(body);
  if (answer.status == xroot::ResponseStatus::error) {
    const auto code = in.be<std::uint32_t>();
    return fmt::format("error {}: {}", code, in.text().substr(0, longest_text));
  }
  if (answer.status == xroot::ResponseStatus::wait)
    return fmt::format("the server asks to come back in {} s", in.be<std::uint32_t>());
  return fmt::format("status {} instead of an answer", static_cast<int>(answer.status));
}

Status Link::open(const Address& address) {
  const auto* peer = reinterpret_cast<const sockaddr*>(&address.bytes);
  close();
  socket_ = Fd(::socket(peer->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail_errno(errno, "socket");
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(socket_.get(), peer, address.size) != 0 && errno != EINPROGRESS) {
    return fail_errno(errno, "connect");
  }
  if (!worker_.watch(socket_.get(), *this)) return fail_errno(errno, "epoll_ctl");
  authentication_.reset();
  out_.clear();
  waiting_.clear();
  captured_.clear();
  parser_ = AnswerParser();
  phase_ = Phase::hello;
  hello_answers_ = 0;
  host_ = address.host;
  port_ = address.port;
  put_hello(out_.text(), worker_.plan().trust != nullptr);
  return {};
}

void Link::close() {
  // As clients do: a server may take note of connections that just break.
  if (tls_) tls_->send_end();
  tls_.reset();
  socket_ = Fd();
}

void Link::on_event() {
  if (phase_ == Phase::handshake) shake_hands();
  if (phase_ != Phase::handshake) receive();
  owner_.on_received(*this);
}

void Link::flush() {
  if (!socket_) return;
  if (phase_ == Phase::handshake) return;
  if (out_.flush(socket_.get(), tls_.get()) != SendQueue::Outcome::broken) return;
  broken(fmt::format("connection lost while sending: {}", std::strerror(errno)));
}

void Link::broken(std::string why) {
  close();
  owner_.on_broken(std::move(why));
}

void Link::receive() {
  while (socket_ && phase_ != Phase::handshake && (tls_ ? receive_encrypted() : receive_once())) {
  }
}

// How much to ask for. Where data shall be dropped, no more than ends with the next header is read.
std::size_t Link::receive_limit() const {
  if (!drop_data_ || phase_ != Phase::ready) return small_receive;
  return static_cast<std::size_t>(parser_.data_ahead()) +
         parser_.header_missing(owner_.expects_pages());
}

bool Link::is_droppable() const {
  return drop_data_ && phase_ == Phase::ready && parser_.data_ahead() >= drop_threshold &&
         !owner_.looks_at(parser_.current());
}

// True if there may be more to receive: less than asked for means that the socket is empty.
bool Link::receive_once() {
  const std::uint64_t ahead = parser_.data_ahead();
  const bool drop = is_droppable();
  const ByteSpan buffer = worker_.buffer();
  const auto limit = drop ? static_cast<std::size_t>(std::min<std::uint64_t>(ahead, buffer.size()))
                          : std::min(receive_limit(), small_receive);
  const ssize_t n = ::recv(socket_.get(), buffer.data(), limit, drop ? MSG_TRUNC : 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  owner_.on_arrival(Clock::now());
  if (n <= 0) {
    broken(n == 0 ? "connection closed by the server"
                  : fmt::format("connection lost: {}", std::strerror(errno)));
    return false;
  }
  const auto received = static_cast<std::size_t>(n);
  if (drop) {
    parser_.drop(received, *this);
  } else if (!parser_.consume(buffer.first(received), *this)) {
    broken("the server sent what is no answer");
    return false;
  }
  return received == limit;
}

namespace {

class SocketCarrier final : public net::TlsStream::Carrier {
 public:
  explicit SocketCarrier(int socket) : socket_(socket) {}
  Result<std::size_t> try_receive(ByteSpan into) override {
    const ssize_t n = ::recv(socket_, into.data(), into.size(), 0);
    if (n == 0) return fail(Errc::connection, "connection closed by the server");
    return outcome(n);
  }
  Result<std::size_t> try_send(ByteView bytes) override {
    return outcome(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

 private:
  static Result<std::size_t> outcome(ssize_t n) {
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
    return fail(Errc::connection, std::strerror(errno));
  }

  int socket_;
};

}  // namespace

// After the answer to kXR_protocol.
void Link::begin_tls() {
  Reader answer(captured_);
  answer.be<std::uint32_t>();
  if ((answer.be<std::uint32_t>() & xroot::server_flag::goto_tls) == 0)
    return broken("the server has no TLS");
  auto ssl = worker_.plan().trust->connection(host_, port_);
  if (!ssl) return broken(ssl.error().message());
  auto tls =
      net::TlsStream::make(*std::move(ssl), std::make_unique<SocketCarrier>(socket_.get()), {});
  if (!tls) return broken(tls.error().message());
  tls_ = *std::move(tls);
  phase_ = Phase::handshake;
  shake_hands();
}

void Link::shake_hands() {
  auto step = tls_->try_handshake();
  if (!step) return broken(step.error().message());
  if (*step != net::TlsStream::Handshake::done) return;
  phase_ = Phase::login;
  put_login(out_.text());
}

// True if there may be more to receive.
bool Link::receive_encrypted() {
  const std::uint64_t ahead = parser_.data_ahead();
  const bool drop = is_droppable();
  const ByteSpan buffer = worker_.buffer();
  const std::uint64_t limit = drop ? std::min<std::uint64_t>(ahead, buffer.size()) : small_receive;
  auto n = tls_->try_receive(buffer.first(limit));
  if (n && *n == 0) return false;
  owner_.on_arrival(Clock::now());
  if (!n) {
    broken("connection lost: " + n.error().detail);
    return false;
  }
  if (drop) {
    parser_.drop(*n, *this);
  } else if (!parser_.consume(buffer.first(*n), *this)) {
    broken("the server sent what is no answer");
    return false;
  }
  return true;
}

void Link::on_data(const Answer& answer, ByteView piece) {
  if (phase_ == Phase::ready && !owner_.looks_at(answer)) return owner_.on_data(answer, piece);
  const std::size_t room = longest_capture - std::min(longest_capture, captured_.size());
  Writer(captured_).bytes(piece.first(std::min(room, piece.size())));
}

void Link::on_end(const Answer& answer) {
  if (!socket_) return;  // given up while the rest of the bytes is looked at
  if (answer.status == xroot::ResponseStatus::attn) {
    // News of the server that no request asked for.
  } else if (phase_ == Phase::ready) {
    owner_.on_answer(*this, answer, captured_);
  } else {
    on_setup_answer(answer);
  }
  captured_.clear();
}

void Link::on_setup_answer(const Answer& answer) {
  const bool is_ok = answer.status == xroot::ResponseStatus::ok;
  if (phase_ == Phase::authentication) {
    if (is_ok) return on_admitted();
    if (Status sent = authentication_->proceed(answer, captured_, out_.text()); !sent)
      broken(sent.error().message());
    return;
  }
  if (!is_ok) return broken("set-up failed: " + refusal(answer, captured_));
  if (phase_ == Phase::hello) return on_hello_answer();
  on_login_answer();
}

void Link::on_hello_answer() {
  if (++hello_answers_ < 2) return;
  if (worker_.plan().trust) return begin_tls();
  phase_ = Phase::login;
  put_login(out_.text());
}

void Link::on_login_answer() {
  const auto login = xroot::LoginAnswer::decode(captured_);
  if (!login) return broken(login.error().message());
  if (login->security.empty()) return on_admitted();
  phase_ = Phase::authentication;
  authentication_.emplace(peer());
  if (Status sent = authentication_->begin(login->security, out_.text()); !sent)
    broken(sent.error().message());
}

void Link::on_admitted() {
  authentication_.reset();
  phase_ = Phase::ready;
  out_ = std::exchange(waiting_, SendQueue());
  owner_.on_login(*this);
}

xroot::client::AuthPeer Link::peer() const {
  xroot::client::AuthPeer peer{host_, tls_ != nullptr, std::string(user_name)};
  auto size = static_cast<socklen_t>(peer.local.capacity());
  if (::getsockname(socket_.get(), peer.local.data(), &size) == 0) peer.local.resize(size);
  return peer;
}

}  // namespace sluice::cli::bench
