// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/channel.h"

#include "base/log.h"
#include "base/must_not_throw.h"
#include "xroot/opaque.h"
#include "xroot/requests/ping.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

const Logger log("xroot_client");

Duration tick_of(const Timeouts& timeouts) {
  Duration shortest =
      std::min({timeouts.connect, timeouts.stall, timeouts.request, timeouts.keepalive});
  return std::clamp(shortest / 8, Duration(5), Duration(500));
}

}  // namespace

Endpoint Endpoint::of(const Url& url) {
  std::string credentials;
  for (const Opaque::Pair& pair : Opaque(url.cgi)) {
    if (pair.key.starts_with("xrd.")) Opaque::append(credentials, pair.key, pair.value);
  }
  return {url.host, url.port, url.user, url.wants_tls(), std::move(credentials)};
}

Channel::Channel(asio::any_io_executor executor, std::shared_ptr<const ClientOptions> options,
                 Endpoint endpoint)
    : executor_(executor),
      options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      settled_(executor),
      connect_deadline_(std::chrono::steady_clock::now() + options_->timeouts.connect),
      tick_(executor),
      calls_(executor, options_->limits.outstanding),
      bound_(executor) {
  server_.host = endpoint_.host;
  server_.port = endpoint_.port;
}

asio::awaitable<void> Channel::run(std::shared_ptr<Channel> self) {
  // Whatever ends this coroutine, nobody goes on waiting for the channel.
  struct Closer {
    Channel* channel;
    ~Closer() {
      channel->children_ = nullptr;
      must_not_throw([this] {
        channel->close({Errc::cancelled, "the client has ended", std::source_location::current()});
      });
    }
  } closer{self.get()};
  co_await with_task_group([self](TaskGroup& group) -> asio::awaitable<void> {
    self->children_ = &group;
    group.spawn(self->watch());
    Status up = co_await self->establish();
    if (!up) {
      self->close(up.error());
      co_return;
    }
    self->state_ = State::ready;
    self->settled_.set();
    group.spawn(self->send_for(self->streams_.front().stream.get()));
    co_await self->carry(self->streams_.front().stream.get());
  });
}

asio::awaitable<void> Channel::carry(Stream* stream) {
  Status end = co_await stream->receive_loop();
  if (!end) close(end.error());
}

asio::awaitable<void> Channel::send_for(Stream* stream) {
  Status end = co_await stream->send_loop();
  if (!end) close(end.error());
}

Task<void> Channel::ready() {
  co_await settled_.wait();
  if (state_ == State::closed) co_return tl::unexpected<Error>(error_);
  co_return Status{};
}

void Channel::close(Error why) {
  if (state_ == State::closed) return;
  bool was_ready = state_ == State::ready;
  state_ = State::closed;
  if (why.detail.find(endpoint_.host) == std::string::npos)
    why.detail += " (" + endpoint_.text() + ")";
  error_ = std::move(why);
  if (was_ready && error_.code != Errc::cancelled) {
    log.debug("channel.lost", {{"peer", endpoint_.text()}, {"reason", error_.detail}});
  }
  for (Path& path : streams_) path.stream->close();
  if (binding_ != nullptr) binding_->close();
  calls_.fail_all(error_);
  settled_.set();
  bound_.set();
  tick_.cancel();
}

Task<void> Channel::submit(Call* call) {
  while (state_ == State::ready && !calls_.has_room()) co_await calls_.room();
  if (state_ != State::ready) co_return tl::unexpected<Error>(error_);
  streams_.front().stream->send(calls_.add(*call, std::chrono::steady_clock::now()));
  co_return Status{};
}

Task<Answer> Channel::call(Call* call) {
  SLUICE_CO_CHECK(co_await submit(call));
  co_await call->done.wait();
  co_return std::move(call->answer);
}

void Channel::send_and_forget(EncodedRequest request) {
  if (state_ != State::ready || !calls_.has_room()) return;
  Forgotten& forgotten =
      forgotten_.emplace_back(executor_, std::move(request), options_->limits.metadata_bytes);
  forgotten.call.patience = options_->timeouts.request;
  streams_.front().stream->send(calls_.add(forgotten.call, std::chrono::steady_clock::now()));
}

std::uint8_t Channel::choose_path(std::uint64_t bytes) {
  if (streams_.size() < 2) return 0;
  // The first stream stays free for requests and small answers.
  auto lightest =
      std::min_element(streams_.begin() + 1, streams_.end(), [](const Path& a, const Path& b) {
        return a.stream->assigned_bytes < b.stream->assigned_bytes;
      });
  lightest->stream->assigned_bytes += bytes;
  return lightest->id;
}

void Channel::done_on_path(std::uint8_t id, std::uint64_t bytes) {
  if (id == 0) return;
  for (Path& path : streams_) {
    if (path.id == id) path.stream->assigned_bytes -= bytes;
  }
}

bool Channel::is_manager() const { return (flags_ & server_flag::is_manager) != 0; }

// Deadlines and keep-alive of the whole channel from one timer, so that a request costs no timer of
// its own.
asio::awaitable<void> Channel::watch() {
  const Duration tick = tick_of(options_->timeouts);
  while (state_ != State::closed) {
    tick_.expires_after(tick);
    auto [error] = co_await tick_.async_wait(as_value);
    if (error || state_ == State::closed) co_return;
    auto now = std::chrono::steady_clock::now();
    if (!is_in_time(now)) co_return;
    if (state_ == State::ready) keep_alive(now);
  }
}

bool Channel::is_in_time(Calls::Time now) {
  auto end = [this](std::string why) {
    close({Errc::connection, std::move(why), std::source_location::current()});
    return false;
  };
  if (state_ == State::connecting && now > connect_deadline_) {
    return end("not logged in within " + to_text(options_->timeouts.connect));
  }
  if (calls_.expire(now)) return end("the server does not answer any more");
  if (calls_.is_stuck()) return end("the server left too many requests without an answer");
  return true;
}

void Channel::keep_alive(Calls::Time now) {
  std::erase_if(forgotten_,
                [](const Forgotten& forgotten) { return forgotten.call.done.is_set(); });
  bool is_silent = now - streams_.front().stream->last_received() > options_->timeouts.keepalive;
  bool is_asked = std::ranges::any_of(
      forgotten_, [](const Forgotten& forgotten) { return forgotten.call.request.id == Ping::id; });
  if (!is_silent || is_asked) return;
  send_and_forget(Ping{}.encode());
  // Only a server that hangs or is gone leaves this one unanswered for so long.
  if (!forgotten_.empty()) forgotten_.back().call.breaks_when_late = true;
}

}  // namespace sluice::xroot::client
