// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/client.h"

#include "base/must_not_throw.h"
#include "xroot/client/standard_credentials.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::xroot::client {
namespace {

// Between two attempts to reach a server that was lost.
constexpr auto reconnect_pause = std::chrono::milliseconds(500);
// An operation that loses its connection so often without an answer is what kills the server.
constexpr int max_losses = 4;

}  // namespace

Result<Url> parse_remote(const std::string& url) {
  SLUICE_TRY(Url parsed, Url::parse(url));
  if (parsed.is_local()) return fail(Errc::usage, "a root:// URL is needed: " + url);
  if (parsed.path.empty()) parsed.path = "/";
  if (parsed.path.size() > max_path || parsed.cgi.size() > max_opaque) {
    return fail(Errc::too_long, parsed.display().substr(0, 256));
  }
  return parsed;
}

FileInfo to_info(const FileStat& stat) {
  FileInfo info;
  info.id = stat.id;
  info.size = stat.size;
  info.mtime = stat.mtime;
  info.ctime = stat.ctime;
  info.atime = stat.atime;
  if (stat.is_long_form) info.mode = stat.mode;
  info.owner = stat.owner;
  info.group = stat.group;
  info.is_directory = stat.flags.directory;
  info.is_other = stat.flags.other;
  info.is_executable = stat.flags.executable;
  info.is_readable = stat.flags.readable;
  info.is_writable = stat.flags.writable;
  info.is_offline = stat.flags.offline;
  info.is_posc_pending = stat.flags.posc_pending;
  info.has_backup = stat.flags.backup_exists;
  info.is_cached = stat.flags.cached;
  return info;
}

namespace {

ClientOptions with_credentials(ClientOptions options) {
  if (!options.credentials) options.credentials = standard_credentials();
  return options;
}

}  // namespace

Client::State::State(TaskGroup& owner, ClientOptions options)
    : owner_(owner),
      executor_(owner.executor()),
      options_(std::make_shared<const ClientOptions>(with_credentials(std::move(options)))) {}

void Client::State::close() {
  is_closed_ = true;
  for (auto& [endpoint, channel] : channels_) {
    channel->close({Errc::cancelled, "the client was closed", std::source_location::current()});
  }
  channels_.clear();
}

Task<std::shared_ptr<Channel>> Client::State::channel(Endpoint endpoint, std::string login_token) {
  if (is_closed_) co_return fail(Errc::cancelled, "the client was closed");
  std::shared_ptr<Channel>& known = channels_[endpoint];
  if (!known || known->is_closed()) {
    auto fresh = std::make_shared<Channel>(executor_, options_, endpoint);
    fresh->set_login_token(std::move(login_token));
    if (known && known->session_left()) fresh->end_session_first(*known->session_left());
    known = fresh;
    owner_.spawn(Channel::run(fresh));
  }
  std::shared_ptr<Channel> channel = known;
  SLUICE_CO_CHECK(co_await channel->ready());
  co_return channel;
}

Task<void> Client::State::pause(Duration pause, Duration* waited) const {
  *waited += pause;
  if (*waited > options_->timeouts.wait) {
    co_return fail(Errc::timed_out,
                   "the server asks to wait longer than " + to_text(options_->timeouts.wait));
  }
  asio::steady_timer timer(executor_, pause);
  auto [error] = co_await timer.async_wait(as_value);
  if (error) co_return fail(Errc::cancelled);
  co_return Status{};
}

// The operation stands in perform(), which awaits this at once.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<Answer> Client::State::attempt(const Operation& operation, Sink* sink, Duration waited,
                                    std::shared_ptr<Channel>* reached, bool* was_sent) {
  const Course& course = operation.course;
  SLUICE_CO_TRY(*reached, co_await channel(Endpoint::of(course.here()), course.login_token()));
  Call call(executor_, operation.encode(course.here().path_with_cgi()), *sink);
  call.patience = operation.is_slow ? options_->timeouts.wait : options_->timeouts.request;
  call.may_wait = options_->timeouts.wait - waited;
  auto answer = co_await (*reached)->call(&call);
  *was_sent = call.was_sent;
  co_return answer;
}

Task<Client::State::Reached> Client::State::perform(Operation operation, Sink* sink) {
  Course& course = operation.course;
  Duration waited(0);
  int losses = 0;
  for (;;) {
    std::shared_ptr<Channel> reached;
    bool was_sent = false;
    auto answer = co_await attempt(operation, sink, waited, &reached, &was_sent);
    if (answer && answer->kind == Answer::Kind::ok) {
      co_return Reached{std::move(reached), std::move(course)};
    }
    if (auto restarted = sink->restart(); !restarted) {
      co_return tl::unexpected<Error>(answer ? restarted.error() : answer.error());
    }
    if (answer && answer->kind == Answer::Kind::redirect) {
      SLUICE_CO_TRY(auto redirect, RedirectAnswer::decode(answer->body));
      SLUICE_CO_CHECK(course.follow(redirect, reached->is_manager(), options_->redirects,
                                    options_->limits.redirects));
      continue;
    }
    if (answer && answer->kind == Answer::Kind::wait) {
      SLUICE_CO_CHECK(co_await pause(answer->pause, &waited));
      continue;
    }
    if (answer) co_return fail(Errc::protocol, "the server asks for authentication in the middle");

    const Error& error = answer.error();
    bool is_unanswered = !reached || is_loss(error.code);
    if (is_closed_ || (is_unanswered && was_sent && !operation.is_repeatable)) {
      co_return tl::unexpected<Error>(course.explain(error));
    }
    if (course.back_to_door(error)) continue;
    // A server that was there is given time to come back; one that never answered is not waited
    // for.
    auto now = std::chrono::steady_clock::now();
    if (reached && error.code == Errc::connection && ++losses <= max_losses) {
      if (!operation.lost_since) operation.lost_since = now;
      continue;
    }
    bool may_return = !reached && operation.lost_since && error.code == Errc::connection &&
                      now - *operation.lost_since < options_->timeouts.recovery;
    if (!may_return) co_return tl::unexpected<Error>(course.explain(error));
    Duration aside(0);
    SLUICE_CO_CHECK(co_await pause(reconnect_pause, &aside));
  }
}

Task<std::string> Client::State::ask(Operation operation) {
  TextSink sink(options_->limits.metadata_bytes);
  SLUICE_CO_CHECK(co_await perform(std::move(operation), &sink));
  co_return sink.text();
}

Client::Client(TaskGroup& owner, ClientOptions options)
    : state_(std::make_shared<State>(owner, std::move(options))) {}

Client::~Client() {
  must_not_throw([this] { state_->close(); });
}

}  // namespace sluice::xroot::client
