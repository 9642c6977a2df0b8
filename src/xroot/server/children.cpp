// SPDX-License-Identifier: Apache-2.0
// What runs beside the main coroutine of a session: answers that take time, and bound streams.
#include "xroot/server/session.h"

#include <sys/socket.h>

namespace sluice::xroot::server {

void Session::spawn_answer(Exchange exchange, Task<Reply> work, bool changes_file) {
  group_->spawn(give_answer(std::move(exchange), std::move(work), changes_file));
}

void Session::spawn(asio::awaitable<void> work) { group_->spawn(std::move(work)); }

asio::awaitable<void> Session::give_answer(Exchange exchange, Task<Reply> work, bool changes_file) {
  auto pending = pending_.insert(pending_.end(), Pending{exchange.stream, Clock::now()});
  if (changes_file && exchange.file) ++exchange.file->changing;
  Result<Reply> answer = co_await std::move(work);
  if (changes_file && exchange.file) --exchange.file->changing;
  exchange.announced = pending->announced;
  std::uint64_t spent = static_cast<std::uint64_t>((Clock::now() - pending->since).count());
  service_->counters.requests[exchange.id - first_request_id].seconds->observe_ns(spent);
  pending_.erase(pending);
  if (closing_) co_return;
  exchange.reply(std::move(answer));
  co_await settle_child(exchange.out);
}

// The end of a child's turn: what it composed goes out, and whoever waited for it is told.
asio::awaitable<void> Session::settle_child(Channel* out) {
  out->out.flush();
  answered_.cancel();
  [[maybe_unused]] Status sent =
      co_await out->out.drain();  // a broken connection ends the main coroutine too
  if (loop().draining() && pending_.empty() && phase_ == Phase::idle)
    main_.socket.shutdown_receive();
}

void Session::announce(Pending& pending) {
  if (!caller_ || !caller_->async_answers) return;
  pending.announced = true;
  std::array<std::byte, 4> seconds{};
  store_be<std::uint32_t>(seconds, service_->config.deferral_promise);
  main_.out.append({pending.stream, ResponseStatus::waitresp, 4}, seconds);
  main_.out.flush();
  if (!main_.out.clear()) group_->spawn(settle_child(&main_));
}

Task<void> Answer::part(std::vector<std::byte> body) {
  if (exchange_.note) exchange_.note->count(body.size());
  exchange_.out->out.append(
      {exchange_.stream, ResponseStatus::oksofar, static_cast<std::int32_t>(body.size())}, body);
  for (auto& pending : exchange_.session->pending_) {
    if (pending.stream == exchange_.stream) pending.partly_sent = true;
  }
  exchange_.out->out.flush();
  co_return co_await exchange_.out->out.drain();
}

BlockingPool& Answer::blocking() const { return exchange_.session->service().blocking; }

Channel* Session::channel(std::uint8_t path) {
  if (path == 0 || path == any_path) return &main_;
  if (path > streams_.size() || streams_[path - 1u]->gone) return nullptr;
  return &streams_[path - 1u]->channel;
}

void Session::enqueue(std::uint8_t path, asio::awaitable<Status> work) {
  BoundStream& stream = *streams_[path - 1u];
  stream.work.push_back(std::move(work));
  stream.wake.cancel();
}

void Session::finish_handover() {
  auto protocol = main_.socket.peer().protocol();
  asio::post(handover_.loop->context(),
             [target = handover_.session, protocol, client = client_address_,
              tls = main_.socket.release_tls(), connection = main_.socket.release(),
              stream = handover_stream_]() mutable {
               if (auto session = target.lock())
                 session->adopt(std::move(connection), protocol, client, stream, std::move(tls));
             });
}

namespace {

// One frame that surely fits into the empty buffer of a new connection, which then ends.
void refuse_stream(const Fd& connection, net::TlsStream* tls, StreamId stream, const Error& error) {
  std::vector<std::byte> frame(response_header_size);
  Writer(frame).be<std::int32_t>(error_row(error.code).xroot).c_text(error.message());
  auto length = static_cast<std::int32_t>(frame.size() - response_header_size);
  ResponseHeader{stream, ResponseStatus::error, length}.encode(
      ByteSpan(frame).first<response_header_size>());
  if (tls != nullptr && !tls->kernel_sends()) {
    [[maybe_unused]] auto taken = tls->try_send(frame);
    return;
  }
  [[maybe_unused]] ssize_t sent =
      ::send(connection.get(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

void Session::adopt(Fd connection, asio::ip::tcp protocol, asio::ip::address client,
                    StreamId stream, std::unique_ptr<net::TlsStream> tls) {
  if (group_ == nullptr || closing_) return;
  // Before anything is kept for it: a stream, once adopted, stays until the session ends.
  if (streams_.size() >= service_->config.max_streams) {
    return refuse_stream(connection, tls.get(), stream,
                         {Errc::no_memory, "no more streams for this session", {}});
  }
  if (client != client_address_) {
    return refuse_stream(connection, tls.get(), stream,
                         {Errc::not_authorized, "the session belongs to another address", {}});
  }
  net::tcp::socket socket(loop().context());
  boost::system::error_code error;
  socket.assign(protocol, connection.get(), error);
  if (error) return;
  connection.release();
  streams_.push_back(
      std::make_unique<BoundStream>(net::Socket(loop(), std::move(socket), std::move(tls))));
  streams_.back()->channel.path = static_cast<std::uint8_t>(streams_.size());
  group_->spawn(serve_stream(streams_.back().get(), stream));
}

asio::awaitable<void> Session::serve_stream(BoundStream* bound, StreamId bind_stream) {
  Channel& channel = bound->channel;
  Exchange answer{this, &channel, &channel, bind_stream, Bind::id, 0, nullptr};
  answer.ok(ByteView(std::array{std::byte{channel.path}}));
  channel.out.flush();
  if (!co_await channel.out.drain()) bound->gone = true;
  while (!bound->gone) {
    if (bound->work.empty()) {
      co_await bound->wake.async_wait(as_value);
      continue;
    }
    asio::awaitable<Status> work = std::move(bound->work.front());
    bound->work.pop_front();
    if (Status done = co_await std::move(work); !done) bound->gone = true;
    channel.out.flush();
    if (!co_await channel.out.drain()) bound->gone = true;
    answered_.cancel();
  }
  channel.socket.shutdown();
  bound->work.clear();
}

}  // namespace sluice::xroot::server
