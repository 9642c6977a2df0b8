// SPDX-License-Identifier: Apache-2.0
// A session with one server: connects, logs in, carries requests until the connection is lost. It
// is never repaired; who needs the server again asks the client for a new one. Everything that
// waits has a bound (Timeouts).
#pragma once

#include "base/task_group.h"
#include "xroot/client/api.h"
#include "xroot/client/call.h"
#include "xroot/client/calls.h"
#include "xroot/client/credentials.h"
#include "xroot/client/stream.h"
#include "xroot/requests/protocol.h"
#include "xroot/responses.h"
#include "xroot/url.h"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::xroot::client {

// What one channel serves. Two URLs with equal Endpoints share it.
struct Endpoint {
  std::string host;  // without brackets
  std::uint16_t port = default_port;
  std::string user;
  bool tls = false;
  std::string credentials;  // "xrd.gsiusrpxy=FILE&xrd.ztn=FILE": where this URL has them

  auto operator<=>(const Endpoint&) const = default;
  static Endpoint of(const Url& url);
  std::string text() const { return HostPort{host, port}.text(); }
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  enum class State : std::uint8_t { connecting, ready, closed };

  Channel(asio::any_io_executor executor, std::shared_ptr<const ClientOptions> options,
          Endpoint endpoint);

  // Opaque text of a redirect for the login. Before run().
  void set_login_token(std::string token) { login_token_ = std::move(token); }
  // The id of a session that was lost: the server is told to end it and what it holds. Before
  // run().
  void end_session_first(SessionId old) { old_session_ = old; }

  // The life of the channel; a child of the client's task group.
  static asio::awaitable<void> run(std::shared_ptr<Channel> self);

  // Waits until logged in; the error of the connection otherwise.
  Task<void> ready();

  // Sends a request and waits for its answer. Waits for room when too many are in flight.
  Task<Answer> call(Call* call);
  // The same in two steps, for several at once: the answer is in the Call when call->done is set.
  Task<void> submit(Call* call);
  // Sends a request whose answer interests nobody.
  void send_and_forget(EncodedRequest request);

  // Connects more streams until there are `count` beside the first one; fewer are no error.
  Task<void> add_streams(int count);
  // The path id on which the answer of `bytes` should come. done_on_path() takes the bytes off it
  // again.
  std::uint8_t choose_path(std::uint64_t bytes);
  void done_on_path(std::uint8_t path, std::uint64_t bytes);
  std::size_t stream_count() const { return streams_.size(); }

  void close(Error why);
  bool is_closed() const { return state_ == State::closed; }
  const Error& why_closed() const { return error_; }

  const Endpoint& endpoint() const { return endpoint_; }
  const ServerInfo& server() const { return server_; }
  bool is_manager() const;
  // The session that a successor on the same endpoint has to end.
  const std::optional<SessionId>& session_left() const {
    return session_ ? session_ : old_session_;
  }
  asio::any_io_executor executor() const { return executor_; }

 private:
  // A request whose answer interests nobody.
  struct Forgotten {
    Forgotten(asio::any_io_executor executor, EncodedRequest request, std::size_t limit)
        : sink(limit), call(std::move(executor), std::move(request), sink) {}
    TextSink sink;
    Call call;
  };
  struct Path {
    std::unique_ptr<Stream> stream;
    std::uint8_t id = 0;
  };

  // Connection start (handshake.cpp).
  Task<void> establish();
  Task<std::unique_ptr<Transport>> connect();
  Task<ProtocolAnswer> say_hello(Stream* stream, Expect expect);
  Task<void> start_tls(Stream* stream);
  Task<void> log_in(Stream* stream);
  Task<void> authenticate(Stream* stream, std::string offers);
  Task<void> authenticate_with(Stream* stream, AuthOffer offer,
                               std::unique_ptr<AuthExchange> exchange);
  Task<void> bind_stream();
  Task<Answer> ask(Stream* stream, EncodedRequest request, TextSink* sink);
  std::unique_ptr<AuthExchange> exchange_for(const AuthOffer& offer) const;
  std::string login_cgi() const;
  std::string user_name() const;

  asio::awaitable<void> watch();
  asio::awaitable<void> carry(Stream* stream);
  asio::awaitable<void> send_for(Stream* stream);
  bool is_in_time(Calls::Time now);
  void keep_alive(Calls::Time now);

  asio::any_io_executor executor_;
  std::shared_ptr<const ClientOptions> options_;
  Endpoint endpoint_;
  std::string login_token_;
  std::optional<SessionId> old_session_;

  State state_ = State::connecting;
  Event settled_;  // ready or closed
  Error error_{Errc::connection, "not connected", std::source_location::current()};
  Calls::Time connect_deadline_;
  asio::steady_timer tick_;
  TaskGroup* children_ = nullptr;  // while run() lasts
  Calls calls_;
  std::vector<Path> streams_;  // the first carries all requests
  Stream* binding_ = nullptr;  // a stream that is not in streams_ yet
  bool is_binding_ = false;
  Event bound_;
  std::list<Forgotten> forgotten_;

  ServerInfo server_;
  std::uint32_t flags_ = 0;
  std::optional<SigningRules> signing_;
  std::optional<SessionId> session_;
};

}  // namespace sluice::xroot::client
