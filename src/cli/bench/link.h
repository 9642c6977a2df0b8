// SPDX-License-Identifier: Apache-2.0
// One TCP connection to one server: hello, login, authentication, then requests out and answers in. Belongs to the
// thread of its Worker; edge-triggered, so every event works until the socket would block.
#pragma once

#include "base/fd.h"
#include "cli/bench/answer_parser.h"
#include "cli/bench/authentication.h"
#include "cli/bench/plan.h"
#include "cli/bench/send_queue.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli::bench {

class Connection;
class Worker;

// What a server said that is no success, in words.
std::string refusal(const Answer& answer, ByteView body);

class Link final : private AnswerVisitor {
 public:
  // Below this an answer is received with its neighbours in one recv and copied, which is cheaper
  // than the extra call that dropping its data in the kernel takes.
  static constexpr std::uint64_t drop_threshold = 16 << 10;

  // `drop_data`: answers are large and nobody looks at their data.
  Link(Worker& worker, Connection& owner, bool drop_data)
      : worker_(worker), owner_(owner), drop_data_(drop_data) {}

  Status open(const Address& address);
  void close();
  bool is_open() const { return static_cast<bool>(socket_); }

  // Requests are queued here; those that come before the login is done wait for it.
  SendQueue& out() { return phase_ == Phase::ready ? out_ : waiting_; }
  void flush();
  void on_event();

 private:
  enum class Phase : std::uint8_t { hello, handshake, login, authentication, ready };

  void receive();
  bool receive_once();
  std::size_t receive_limit() const;
  bool is_droppable() const;

  void on_data(const Answer& answer, ByteView piece) override;
  void on_end(const Answer& answer) override;
  void on_setup_answer(const Answer& answer);
  void on_hello_answer();
  void on_login_answer();
  void on_admitted();
  xroot::client::AuthPeer peer() const;
  void begin_tls();
  void shake_hands();
  bool receive_encrypted();
  void broken(std::string why);

  Worker& worker_;
  Connection& owner_;
  const bool drop_data_;
  Phase phase_ = Phase::hello;
  unsigned hello_answers_ = 0;
  Fd socket_;
  std::string host_;  // of the server, for its certificate
  std::uint16_t port_ = 0;
  std::unique_ptr<net::TlsStream> tls_;
  std::optional<Authentication> authentication_;
  AnswerParser parser_;
  SendQueue out_;
  SendQueue waiting_;
  std::vector<std::byte> captured_;  // the data of the current answer, where they are looked at
};

}  // namespace sluice::cli::bench
