// SPDX-License-Identifier: Apache-2.0
// The life of a session and its main loop: receive, dispatch, flush, wait.
#include "xroot/server/session.h"

#include "net/proxy_protocol.h"

#include <boost/asio/ip/tcp.hpp>

namespace sluice::xroot::server {

Session::Session(Service& service, net::Socket socket)
    : service_(&service),
      client_address_(socket.peer().address()),
      peer_(net::to_text(socket.peer())),
      main_(std::move(socket)),
      answered_(loop().context(), asio::steady_timer::time_point::max()),
      connected_at_(Clock::now()),
      phase_since_(loop().now()),
      progress_at_(loop().now()),
      place_(loop().watch(*this)) {
  service_->counters.connections.add(1);
  describe_connection();
}

Session::~Session() {
  loop().unwatch(place_);
  count_progress();
  note_end();
  service_->counters.connections.add(-1);
  service_->counters.open_files.add(-static_cast<std::int64_t>(open_files_));
  if (caller_) service_->sessions.erase(caller_->id);
  if (open_files_ == 0) return;
  // Dropping a file may delete an unfinished upload: not on the loop. A full pool makes it happen
  // here all the same.
  auto files = std::make_shared<std::vector<Slot>>(std::move(files_));
  [[maybe_unused]] bool later =
      service_->blocking.submit([files, held = held_]() mutable { files.reset(); });
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  Session* session = self.get();
  try {
    TaskGroup group(co_await asio::this_coro::executor);
    session->group_ = &group;
    std::exception_ptr thrown;
    try {
      co_await session->serve(group);
    } catch (...) {
      thrown = std::current_exception();
    }
    // The children end because their sockets do, and what they wait for in the blocking pool is
    // told that nobody wants it any more; it is waited for all the same.
    session->closing_ = true;
    if (!session->handover_.loop && group.size() != 0) session->main_.socket.shutdown();
    for (auto& stream : session->streams_) {
      stream->gone = true;
      stream->channel.socket.shutdown();
      stream->wake.cancel();
    }
    group.cancel();
    co_await group.join();
    session->group_ = nullptr;
    if (thrown) std::rethrow_exception(thrown);
    if (session->handover_.loop) session->finish_handover();
  } catch (const std::exception& bug) {
    log.error("session.bug", {{"peer", session->peer_}, {"what", bug.what()}});
  }
}

asio::awaitable<void> Session::serve(TaskGroup&) {
  if (!co_await greet()) co_return;
  batch_time_ = Clock::now();
  for (;;) {
    Step step = next_request();
    if (step == Step::flow) {
      main_.in.park();
      main_.out.flush();
      enter(Phase::busy);
      asio::awaitable<Status> work = std::move(*flow_);
      flow_.reset();
      if (Status done = co_await std::move(work); !done) {
        log.debug("session.cut",
                  {{"peer", peer_}, {"session", id_for_people()}, {"why", done.error().message()}});
        co_return;
      }
      batch_time_ = Clock::now();
      continue;
    }
    main_.out.flush();
    if (step == Step::more && main_.in.top_up()) continue;
    if (!co_await settle()) co_return;
    if (step == Step::end || closing_) co_return;
    if (step == Step::drain) continue;
    if (may_end()) {
      if (pending_.empty()) co_return;
      co_await next_answer();
      continue;
    }
    enter(main_.in.bytes().empty() ? Phase::idle : Phase::partial);
    if (!co_await main_.in.fill(need_)) co_return;
    batch_time_ = Clock::now();
  }
}

// The server stops and this client has nothing under way.
bool Session::may_end() const {
  return loop().draining() && !expired_ && main_.in.bytes().empty() && open_files_ == 0;
}

// Everything composed is out, or as much later as the client reads; false when the connection
// broke.
asio::awaitable<bool> Session::settle() {
  if (main_.out.broken()) co_return false;
  if (!main_.out.clear()) {
    main_.in.park();
    enter(Phase::busy);
    if (Status sent = co_await main_.out.drain(); !sent) co_return false;
  }
  if (group_->size() >= service_->config.max_outstanding) {
    main_.in.park();
    enter(Phase::busy);
    co_await wait_for_room();
  }
  co_return true;
}

asio::awaitable<void> Session::wait_for_room() {
  while (group_->size() >= service_->config.max_outstanding && !expired_) co_await next_answer();
}

// A load balancer in front says who the client is (net.proxy_protocol).
asio::awaitable<bool> Session::take_proxy_header() {
  for (std::size_t need = 1;; need = main_.in.bytes().size() + 1) {
    if (!co_await main_.in.fill(need)) co_return false;
    auto header = net::decode_proxy_header(main_.in.bytes());
    if (!header) {
      log.warn("proxy_header.refused", {{"peer", peer_}, {"why", header.error().message()}});
      co_return false;
    }
    if (!*header) continue;
    main_.in.consume((*header)->size);
    if (!(*header)->is_local) {
      client_address_ = (*header)->source.address();
      peer_ = net::to_text((*header)->source);
      describe_connection();
    }
    co_return true;
  }
}

asio::awaitable<bool> Session::greet() {
  if (service_->proxy_protocol && !co_await take_proxy_header()) co_return false;
  if (!co_await main_.in.fill(hello_size)) co_return false;
  Reader hello(main_.in.bytes().first(hello_size));
  std::array<std::int32_t, 5> words{};
  for (std::int32_t& word : words) word = hello.be<std::int32_t>();
  // Anything else is TLS without asking, HTTP or a scanner: no answer would be understood.
  if (words != hello_words) co_return false;
  main_.in.consume(hello_size);
  std::array<std::byte, 8> body{};
  store_be<std::uint32_t>(std::span(body).first<4>(), protocol_version);
  store_be<std::int32_t>(std::span(body).last<4>(), service_->kind());
  main_.out.append({{}, ResponseStatus::ok, 8}, body);
  co_return true;
}

void Session::enter(Phase phase) {
  if (phase_ == Phase::greeting && !is_authorised_)
    return;  // until then one deadline covers it all
  if (phase_ == phase && phase != Phase::idle) return;
  phase_ = phase;
  phase_since_ = loop().now();
}

void Session::tick(Clock::time_point now) {
  if (count_progress()) progress_at_ = now;
  const ServerConfig& config = service_->config;
  switch (phase_) {
    case Phase::greeting:
      if (now - phase_since_ > config.hello_timeout) expire();
      break;
    case Phase::idle:
      if (open_files_ == 0 && pending_.empty() &&
          now - std::max(phase_since_, progress_at_) > config.idle_timeout) {
        expire();
      }
      break;
    case Phase::partial:
      if (now - phase_since_ > config.frame_timeout) expire();
      break;
    case Phase::busy:
      if (pending_.empty() && now - std::max(phase_since_, progress_at_) > config.stall_timeout)
        expire();
      break;
  }
  for (Pending& pending : pending_) {
    if (!pending.announced && !pending.partly_sent && now - pending.since > config.deferral)
      announce(pending);
  }
}

// Tells the metrics what was moved since the last time; false when it was nothing.
bool Session::count_progress() {
  std::uint64_t sent = main_.out.sent();
  std::uint64_t received = main_.moved;
  for (auto& stream : streams_) {
    sent += stream->channel.out.sent();
    received += stream->channel.moved;
  }
  bool moved = sent != sent_ || received != received_;
  service_->counters.bytes_sent.add(sent - std::exchange(sent_, sent));
  service_->counters.bytes_received.add(received - std::exchange(received_, received));
  return moved;
}

// Files that are open may be closed first: clients take an upload whose connection is lost before the close for stored.
void Session::drain() {
  if (open_files_ == 0 && pending_.empty() && (phase_ == Phase::idle || phase_ == Phase::greeting))
    main_.socket.shutdown_receive();
}

void Session::expire() {
  if (expired_) return;
  expired_ = true;
  log.debug("session.expired", {{"peer", peer_}, {"session", id_for_people()}});
  main_.socket.shutdown();
  for (auto& stream : streams_) stream->channel.socket.shutdown();
  answered_.cancel();
}

void Session::log_in(Caller caller) {
  caller.peer = peer_;
  caller.encrypted = is_encrypted();
  caller.wants_tls = wants_tls_;
  caller_ = std::make_shared<const Caller>(std::move(caller));
  describe_connection();
  service_->sessions.insert(
      caller_->id, {&loop(), weak_from_this(), held_, caller_, std::chrono::system_clock::now()});
}

void Session::authorise(std::shared_ptr<const auth::Admission> admission,
                        std::shared_ptr<const auth::SessionCipher> cipher) {
  auto caller = std::make_shared<Caller>(*caller_);
  caller->admission = std::move(admission);
  caller_ = std::move(caller);
  cipher_ = std::move(cipher);
  is_authorised_ = true;
  service_->sessions.update(caller_->id, caller_);
}

void Session::hand_over(SessionRegistry::Entry target, StreamId stream) {
  handover_ = std::move(target);
  handover_stream_ = stream;
  closing_ = true;
}

asio::awaitable<void> Session::next_answer() { co_await answered_.async_wait(as_value); }

}  // namespace sluice::xroot::server
