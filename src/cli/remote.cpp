// SPDX-License-Identifier: Apache-2.0
#include "cli/remote.h"

#include "base/log.h"
#include "cli/look.h"
#include "xroot/client/tls_transport.h"

#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace sluice::cli {
namespace {

using xroot::client::Client;
using xroot::client::ClientOptions;

constexpr std::size_t disk_threads = 4;
constexpr std::size_t disk_queue = 1024;
constexpr int interrupted_exit = 130;  // 128 + SIGINT, as shells count

ClientOptions with_timeout(ClientOptions options, std::optional<Duration> timeout) {
  if (!timeout) return options;
  options.timeouts.connect = std::min(options.timeouts.connect, *timeout);
  options.timeouts.recovery = std::min(options.timeouts.recovery, *timeout);
  options.timeouts.stall = *timeout;
  options.timeouts.request = *timeout;
  options.timeouts.wait = *timeout;
  return options;
}

// One command from its first connection to its last; lives in RemoteCommand::run().
struct Session {
  asio::io_context loop{1};
  asio::signal_set signals{loop, SIGINT, SIGTERM};
  BlockingPool disk{disk_threads, disk_queue};
  Status outcome = fail(Errc::cancelled, "interrupted");
  bool interrupted = false;
};

void cancel_on_signal(Session& session, TaskGroup& group, Console& console) {
  session.signals.async_wait([&session, &group, &console](boost::system::error_code ec, int) {
    if (ec) return;
    session.interrupted = true;
    // Before the files that are cut short report themselves: the first code counts.
    console.set_exit_code(interrupted_exit);
    session.signals.clear();  // the next Ctrl-C ends the process at once
    group.cancel();
  });
}

asio::awaitable<void> live(Session* session, ClientOptions options,
                           std::function<Task<void>(Client&)> body) {
  try {
    session->outcome = co_await xroot::client::with_client(std::move(options), std::move(body));
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted)
      session->outcome = fail(Errc::local, error.what());
  } catch (const std::bad_alloc&) {
    session->outcome = fail(Errc::no_memory, "out of memory");
  }
  session->signals.cancel();
}

}  // namespace

void RemoteCommand::declare(Options& options) {
  declare_own(options);
  options
      .value("--timeout", "TIME", timeout_,
             "Give up on a server that is silent for this long, such as \"30 s\"")
      .flag("-v,--verbose", verbose_, "Tell on standard error what the client does");
}

Status RemoteCommand::run(Console& console) {
  SLUICE_CHECK(configure_logging(LogFormat::logfmt, verbose_ ? "debug" : "error"));
  SLUICE_CHECK(check());
  Session session;
  TaskGroup group(session.loop.get_executor());
  cancel_on_signal(session, group, console);
  // The lambda is no coroutine; live() keeps it.
  ClientOptions options;
  options.tls =
      xroot::client::tls_upgrade(std::make_shared<net::ClientTls>("", std::chrono::hours(1)));
  group.spawn(live(&session, tune(with_timeout(std::move(options), timeout_)),
                   [&](Client& client) { return act(Remote{&console, &client, &session.disk}); }));
  session.loop.run();
  if (!session.interrupted) return session.outcome;
  return fail(Errc::cancelled, "interrupted");
}

void EachUrl::declare_own(Options& options) {
  declare_more(options);
  options.arguments("URL", urls_, least_, std::string(url_help()), Complete::remote);
}

Task<void> EachUrl::act(Remote remote) {
  for (const std::string& text : urls_) {
    auto place = parse_url(text);
    if (!place) {
      remote.console->report({}, place.error());
      continue;
    }
    Result<std::vector<Place>> places = std::vector<Place>{*place};
    if (takes_wildcards()) places = co_await expand(remote, *place);
    if (!places) {
      remote.console->report(place->shown(), places.error());
      continue;
    }
    for (const Place& each : *places) {
      Status done = co_await one(remote, each);
      if (!done) remote.console->report(each.shown(), done.error());
    }
  }
  co_return Status();
}

}  // namespace sluice::cli
