// SPDX-License-Identifier: Apache-2.0
// The socket side of a connection and its way to the first operation; operations.cpp has what it
// does then.
#include "cli/bench/connection.h"

#include "base/text.h"
#include "cli/bench/requests.h"
#include "cli/bench/worker.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace sluice::cli::bench {

namespace {

// Below this an answer is received with its neighbours in one recv and copied, which is cheaper
// than the extra call that dropping its data in the kernel takes.
constexpr std::uint64_t drop_threshold = 16 << 10;
constexpr std::size_t small_receive = 64 << 10;
constexpr std::size_t longest_capture = 16 << 10;

bool has_large_answers(const Workload& load) {
  switch (load.mode) {
    case Mode::seqread:
    case Mode::randread:
    case Mode::pgread:
    case Mode::open:
      return load.size.count >= drop_threshold;
    case Mode::vread:
      return load.size.count * load.items >= drop_threshold;
    case Mode::write:
    case Mode::pgwrite:
    case Mode::stat:
    case Mode::connect:
    case Mode::ping:
      return false;
  }
  return false;
}

}  // namespace

Connection::Connection(Worker& worker, unsigned index)
    : worker_(worker),
      plan_(worker.plan()),
      index_(index),
      path_(path_of(plan_.target(index), index)),
      drops_data_(!load().verify && has_large_answers(load())),
      walk_(load(), load().file_size.count, index, static_cast<unsigned>(load().connections)),
      slots_(load().mode == Mode::connect ? 1 : load().depth) {
  if (!load().verify) return;
  for (Slot& slot : slots_) slot.check = std::make_unique<ContentCheck>();
}

void Connection::lose(std::string why) {
  if (phase_ == Phase::lost) return;
  failure_ = std::move(why);
  phase_ = Phase::lost;
  in_flight_ = 0;
  socket_ = Fd();
}

Status Connection::open_socket() {
  const Address& address = plan_.address(index_);
  const auto* peer = reinterpret_cast<const sockaddr*>(&address.bytes);
  socket_ = Fd();
  socket_ = Fd(::socket(peer->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return fail_errno(errno, "socket");
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(socket_.get(), peer, address.size) != 0 && errno != EINPROGRESS) {
    return fail_errno(errno, "connect");
  }
  if (!worker_.watch(socket_.get(), *this)) return fail_errno(errno, "epoll_ctl");
  out_.clear();
  parser_ = AnswerParser();
  phase_ = Phase::hello;
  hello_answers_ = 0;
  put_hello(out_.text());
  return {};
}

void Connection::prepare() {
  if (load().mode == Mode::connect) {
    phase_ = Phase::ready;
    return;
  }
  if (Status opened = open_socket(); !opened) lose(opened.error().message());
  flush();
}

void Connection::on_event() {
  receive();
  flush();
}

void Connection::flush() {
  if (!socket_) return;
  if (out_.flush(socket_.get()) != SendQueue::Outcome::broken) return;
  on_broken(fmt::format("connection lost while sending: {}", std::strerror(errno)));
}

void Connection::receive() {
  while (socket_ && receive_once()) {
  }
  if (cycle_ended_) next_cycle();
}

// How much to ask for. Where data shall be dropped, no more than ends with the next header is read.
std::size_t Connection::receive_limit() const {
  if (!drops_data_ || phase_ != Phase::ready) return small_receive;
  return static_cast<std::size_t>(parser_.data_ahead()) +
         parser_.header_missing(load().mode == Mode::pgread);
}

// True if there may be more to receive: less than asked for means that the socket is empty.
bool Connection::receive_once() {
  const std::uint64_t ahead = parser_.data_ahead();
  const bool drop = drops_data_ && ahead >= drop_threshold && !is_captured(parser_.current());
  const ByteSpan buffer = worker_.buffer();
  const auto limit = drop ? static_cast<std::size_t>(std::min<std::uint64_t>(ahead, buffer.size()))
                          : std::min(receive_limit(), small_receive);
  const ssize_t n = ::recv(socket_.get(), buffer.data(), limit, drop ? MSG_TRUNC : 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  now_ = Clock::now();
  if (n <= 0) {
    on_broken(n == 0 ? "connection closed by the server"
                     : fmt::format("connection lost: {}", std::strerror(errno)));
    return false;
  }
  const auto received = static_cast<std::size_t>(n);
  if (drop) {
    parser_.drop(received, *this);
  } else if (!parser_.consume(buffer.first(received), *this)) {
    on_broken("the server sent what is no answer");
    return false;
  }
  return received == limit;
}

void Connection::on_broken(std::string why) {
  if (running_) worker_.count_error(Clock::now(), why);
  if (running_ && load().mode == Mode::connect) {
    cycle_ended_ = true;
    socket_ = Fd();
    return;
  }
  lose(std::move(why));
}

bool Connection::is_captured(const Answer& answer) const {
  if (phase_ != Phase::ready) return true;
  if (answer.status != xroot::ResponseStatus::ok &&
      answer.status != xroot::ResponseStatus::oksofar &&
      answer.status != xroot::ResponseStatus::status) {
    return true;
  }
  return load().mode == Mode::open && answer.stream < slots_.size() &&
         slots_[answer.stream].step == 0;
}

void Connection::on_data(const Answer& answer, ByteView piece) {
  if (is_captured(answer)) {
    const std::size_t room = longest_capture - std::min(longest_capture, captured_.size());
    Writer(captured_).bytes(piece.first(std::min(room, piece.size())));
    return;
  }
  if (load().verify && answer.stream < slots_.size()) slots_[answer.stream].check->feed(piece);
}

void Connection::on_end(const Answer& answer) {
  if (!socket_) return;  // given up while the rest of the bytes is looked at
  if (answer.status == xroot::ResponseStatus::attn) {
    // News of the server that no request asked for.
  } else if (phase_ != Phase::ready) {
    on_setup_answer(answer);
  } else {
    on_operation_answer(answer);
  }
  captured_.clear();
}

void Connection::on_setup_answer(const Answer& answer) {
  if (answer.status != xroot::ResponseStatus::ok)
    return on_broken("set-up failed: " + refusal(answer));
  if (phase_ == Phase::hello) {
    if (++hello_answers_ < 2) return;
    phase_ = Phase::login;
    put_login(out_.text());
    return;
  }
  if (phase_ == Phase::login) return after_login(answer);
  if (Status taken = take_file(); !taken) return lose(taken.error().message());
  phase_ = Phase::ready;
}

void Connection::after_login(const Answer& answer) {
  constexpr std::uint64_t session_id = 16;
  if (answer.length > session_id) {
    return on_broken("the server wants authentication, which bench does not do");
  }
  if (load().mode == Mode::connect) {
    worker_.count(slots_[0].issued, now_, 0);
    ++operations_;
    cycle_ended_ = true;
    return;
  }
  const Needs needs = row_of(load().mode).needs;
  if (load().mode == Mode::open || needs == Needs::nothing || needs == Needs::path) {
    phase_ = Phase::ready;
    return;
  }
  phase_ = Phase::opening;
  if (needs == Needs::file_to_write) return put_open_to_write(out_.text(), 0, path_);
  put_open_to_read(out_.text(), 0, path_);
}

// The handle and, behind the compression fields, "id size flags mtime" from the answer to open.
Status Connection::take_file() {
  Reader in(captured_);
  handle_ = in.be<std::uint32_t>();
  in.take(8);
  const std::vector<std::string_view> words = split(in.text(), ' ');
  if (in.failed() || words.size() < 4)
    return fail(Errc::protocol, "open: answer without file status");
  if (row_of(load().mode).needs == Needs::file_to_write) return {};
  SLUICE_TRY(const auto size, parse_int<std::uint64_t>(words[1], 0, INT64_MAX));
  const std::uint64_t items = load().mode == Mode::vread ? load().items : 1;
  if (size < load().size.count * items) {
    return fail(Errc::usage,
                fmt::format("{}: {} bytes are too few for one operation", path_, size));
  }
  walk_ = Walk(load(), size, index_, static_cast<unsigned>(load().connections));
  return {};
}

std::string Connection::refusal(const Answer& answer) const {
  Reader in(captured_);
  if (answer.status == xroot::ResponseStatus::error) {
    const auto code = in.be<std::uint32_t>();
    return fmt::format("error {}: {}", code, in.text().substr(0, 120));
  }
  if (answer.status == xroot::ResponseStatus::redirect) {
    in.take(4);
    return fmt::format("redirected to {}: name the data server itself", in.text().substr(0, 120));
  }
  return fmt::format("status {} instead of an answer", static_cast<int>(answer.status));
}

}  // namespace sluice::cli::bench
