// SPDX-License-Identifier: Apache-2.0
#include "app/server.h"

#include "app/directories.h"
#include "app/roles.h"
#include "app/tls.h"
#include "app/user.h"
#include "base/settings_file.h"
#include "base/task_group.h"
#include "base/text.h"
#include "http/server.h"
#include "http/service_routes.h"
#include "net/notify.h"
#include "net/runtime.h"
#include "xroot/server/access_log.h"

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace sluice::app {
namespace {

const Logger log("app");

// Every connection and every open file is a descriptor; the soft limit of most systems is far below
// the hard one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Empty where no file is named.
Result<std::string> admin_token(const std::string& file) {
  constexpr std::size_t least = 16;
  constexpr std::size_t most = 4096;
  if (file.empty()) return std::string();
  std::ifstream in(file);
  std::string text(most, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  std::string token(trim(std::string_view(text).substr(0, text.find_first_of("\r\n"))));
  if (token.size() < least)
    return fail(Errc::usage,
                "serve.admin_token: " + file + " has no secret of 16 characters or more");
  return token;
}

class Server {
 public:
  Server(Config config, ConfigSource source)
      : config_(std::move(config)),
        source_(std::move(source)),
        runtime_(config_.net),
        signals_(runtime_.first().context(), SIGTERM, SIGINT, SIGHUP) {}

  Status start();
  Status run();

 private:
  asio::awaitable<void> main();
  asio::awaitable<void> handle_signals();
  Status listen_for_http();
  Status open_access_log();
  // Once the roles are open.
  Status open_admin();
  Task<http::Response> reload_on_request();
  std::vector<xroot::server::Service*> services() const;
  void reload();
  void reload_settings_file();
  void print_ready() const;

  Config config_;
  const ConfigSource source_;
  Metrics metrics_;
  std::unique_ptr<xroot::server::AccessLog> access_log_;  // sessions write until the loops end
  net::Runtime runtime_;
  Host host_{config_, runtime_, metrics_};
  asio::signal_set signals_;
  std::vector<std::unique_ptr<Role>> roles_;  // in the order in which they are opened
  std::unique_ptr<http::Server> http_;
  std::string token_;                    // of operators over HTTP; empty: there are none
  std::unique_ptr<http::Server> admin_;  // the same for operators, on a local socket
  bool serving_ = false;
};

Status Server::start() {
  SLUICE_CHECK(configure_logging(config_.serve.log_format, config_.serve.log_levels));
  raise_descriptor_limit();
  SLUICE_TRY(roles_, make_roles(host_));
  for (auto& role : roles_) SLUICE_CHECK(role->listen());
  SLUICE_CHECK(listen_for_http());
  SLUICE_TRY(token_, admin_token(config_.serve.admin_token));
  // The directories are made as the user who will use them; ports below 1024 needed the one before.
  SLUICE_CHECK(become(config_.serve.user));
  SLUICE_CHECK(make_directory(config_.serve.data_directory));
  for (auto& role : roles_) SLUICE_CHECK(role->open());
  SLUICE_CHECK(open_access_log());
  SLUICE_CHECK(open_admin());
  metrics_.gauge_from("sluice_net_buffer_bytes",
                      "Memory that connections hold for long requests and unread answers.",
                      [this] { return static_cast<double>(runtime_.budget().used()); });
  return {};
}

Status Server::listen_for_http() {
  auto readiness = [this]() -> Status {
    if (serving_) return {};
    return fail(Errc::overloaded, "the server is stopping");
  };
  http_ = std::make_unique<http::Server>(
      runtime_.first().context().get_executor(), config_.serve.http,
      http::service_routes(metrics_, readiness), config_.http, &metrics_);
  return http_->listen();
}

Status Server::open_access_log() {
  SLUICE_TRY(access_log_,
             xroot::server::AccessLog::open(config_.access_log, config_.serve.log_format,
                                            runtime_.loops().size(), metrics_));
  for (auto& role : roles_) {
    if (auto* service = role->service()) service->access_log = access_log_.get();
  }
  return {};
}

Status Server::open_admin() {
  Routes routes{{http::Method::post, std::string(admin_prefix) + "/reload",
                 [this](const http::Request&) { return reload_on_request(); }}};
  for (auto& role : roles_) {
    std::ranges::move(role->admin_routes(), std::back_inserter(routes));
  }
  std::ranges::move(connection_routes(services()), std::back_inserter(routes));
  if (!token_.empty()) http_->add(with_token(routes, token_));
  admin_ = std::make_unique<http::Server>(runtime_.first().context().get_executor(),
                                          http::LocalSocket{config_.serve.admin_socket},
                                          std::move(routes), config_.http);
  Status listening = admin_->listen();
  const bool is_default =
      config_.serve.admin_socket == config_.serve.data_directory + "/admin.sock";
  if (listening || !is_default || listening.error().code != Errc::exists) return listening;
  // Servers that need no directory of their own may share one; operators' commands go to the first.
  log.warn("admin.taken",
           {{"socket", config_.serve.admin_socket},
            {"remedy", "give this server a --data or serve.admin_socket of its own"}});
  admin_.reset();
  return {};
}

std::vector<xroot::server::Service*> Server::services() const {
  std::vector<xroot::server::Service*> all;
  for (const auto& role : roles_) {
    if (auto* service = role->service()) all.push_back(service);
  }
  return all;
}

Task<http::Response> Server::reload_on_request() {
  reload();
  co_return http::json_response("{\"reloaded\":true}");
}

void Server::print_ready() const {
  std::string line = "ready";
  for (const auto& role : roles_) line += role->ready();
  line += " http=" + sluice::to_text(http_->local_endpoint());
  for (const auto& role : roles_) {
    if (std::string hints = role->hints(); !hints.empty()) line += "\n" + hints;
  }
  std::puts(line.c_str());
  std::fflush(stdout);
}

asio::awaitable<void> Server::main() {
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(http_->serve());
    if (admin_) group.spawn(admin_->serve());
    group.spawn(net::feed_watchdog());
    group.spawn(follow_certificates(&host_, services()));
    for (auto& role : roles_) role->start(group);
    serving_ = true;
    print_ready();
    net::notify_ready("serving");
    co_await handle_signals();
    serving_ = false;
    net::notify_stopping();
    log.info("server.stopping", {{"deadline_ms", config_.net.shutdown_deadline.count()}});
    for (auto& role : roles_) role->close();
    co_await runtime_.drain(config_.net.shutdown_deadline);
    group.cancel();
  });
  runtime_.stop();
}

asio::awaitable<void> Server::handle_signals() {
  for (;;) {
    auto [error, number] = co_await signals_.async_wait(as_value);
    if (error || number != SIGHUP) co_return;
    reload();
  }
}

void Server::reload() {
  reload_settings_file();
  for (auto& role : roles_) role->reload();
  reload_tls(services());
  if (access_log_) access_log_->reopen();
}

void Server::reload_settings_file() {
  Config fresh;
  Sections fresh_sections = sections_of(fresh);
  if (Status loaded = load_settings(fresh_sections, source_.path, source_.overrides); !loaded) {
    log.error("config.rejected", {{"why", loaded.error().message()}});
    return;
  }
  complete(fresh);
  Sections running = sections_of(config_);
  for (const SettingChange& change : reload_settings(running, fresh_sections)) {
    if (change.reload == Reload::yes) {
      log.info("config.changed",
               {{"key", change.key}, {"before", change.before}, {"after", change.after}});
    } else {
      log.warn("config.needs_restart",
               {{"key", change.key}, {"before", change.before}, {"after", change.after}});
    }
  }
  if (Status set = configure_logging(config_.serve.log_format, config_.serve.log_levels); !set) {
    log.error("config.rejected", {{"why", set.error().message()}});
  }
}

Status Server::run() {
  Status result;
  spawn_root(runtime_.first().context(), main(), [this, &result](std::exception_ptr thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& bug) {
      result = fail(Errc::server, bug.what());
    }
    runtime_.stop();
  });
  runtime_.run();
  return result;
}

}  // namespace

Status serve(Config config, ConfigSource source) {
  Server server(std::move(config), std::move(source));
  SLUICE_CHECK(server.start());
  return server.run();
}

}  // namespace sluice::app
