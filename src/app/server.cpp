// SPDX-License-Identifier: Apache-2.0
#include "app/server.h"

#include "app/user.h"
#include "base/settings_file.h"
#include "base/task_group.h"
#include "exporter/export_service.h"
#include "http/server.h"
#include "http/service_routes.h"
#include "net/acceptor.h"
#include "net/notify.h"
#include "net/runtime.h"
#include "xroot/server/session.h"

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

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

Status make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Errc::local, path + ": " + error.message());
  return {};
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

class Server {
 public:
  Server(Config config, ConfigSource source)
      : config_(std::move(config)),
        source_(std::move(source)),
        runtime_(config_.net),
        acceptor_(runtime_),
        signals_(runtime_.first().context(), SIGTERM, SIGINT, SIGHUP) {}

  Status start();
  Status run();

 private:
  asio::awaitable<void> main();
  asio::awaitable<void> handle_signals();
  void reload();
  void accept(net::Loop& loop, asio::ip::tcp::socket socket);
  std::string client_address() const;
  void print_ready() const;

  Config config_;
  const ConfigSource source_;
  Metrics metrics_;
  net::Runtime runtime_;
  net::Acceptor acceptor_;
  asio::signal_set signals_;
  std::unique_ptr<exporter::ExportService> service_;
  std::unique_ptr<http::Server> http_;
  bool serving_ = false;
};

Status Server::start() {
  SLUICE_CHECK(configure_logging(config_.serve.log_format, config_.serve.log_levels));
  raise_descriptor_limit();
  for (const std::string& address : config_.serve.listen) {
    SLUICE_TRY(Endpoint endpoint, parse_endpoint(address, xroot::default_port));
    SLUICE_CHECK(acceptor_.listen(endpoint, static_cast<int>(config_.net.backlog)));
  }
  auto readiness = [this]() -> Status {
    if (serving_) return {};
    return fail(Errc::overloaded, "the server is stopping");
  };
  http_ = std::make_unique<http::Server>(
      runtime_.first().context().get_executor(), config_.serve.http,
      http::service_routes(metrics_, readiness), config_.http, &metrics_);
  SLUICE_CHECK(http_->listen());
  // The directories are made as the user who will use them; ports below 1024 needed the one before.
  SLUICE_CHECK(become(config_.serve.user));
  SLUICE_CHECK(make_directory(config_.serve.data_directory));
  if (config_.pool.export_directory.starts_with(config_.serve.data_directory + "/")) {
    SLUICE_CHECK(make_directory(config_.pool.export_directory));
  }
  SLUICE_TRY(auto tree, disk::FileTree::open(config_.pool));
  service_ = std::make_unique<exporter::ExportService>(config_.xroot, std::move(tree), metrics_,
                                                       runtime_.blocking());
  service_->address = client_address();
  metrics_.gauge_from("sluice_net_buffer_bytes",
                      "Memory that connections hold for long requests and unread answers.",
                      [this] { return static_cast<double>(runtime_.budget().used()); });
  service_->proxy_protocol = config_.net.proxy_protocol;
  return {};
}

// What locate answers: clients come back to exactly this.
std::string Server::client_address() const {
  auto address = acceptor_.addresses().front();
  std::string host = config_.serve.host_name;
  if (host.empty())
    host = address.address().is_unspecified() ? machine_name() : address.address().to_string();
  return sluice::to_text(Endpoint{host, address.port()});
}

void Server::accept(net::Loop& loop, asio::ip::tcp::socket socket) {
  if (service_->counters.connections.value() >= config_.net.max_connections || loop.draining())
    return;
  auto session =
      std::make_shared<xroot::server::Session>(*service_, net::Socket(loop, std::move(socket)));
  spawn_root(loop.context(), xroot::server::Session::run(std::move(session)),
             [](std::exception_ptr) { /* run() logs what it catches */ });
}

void Server::print_ready() const {
  std::string line = "ready";
  for (const auto& address : acceptor_.addresses()) line += " xroot=" + net::to_text(address);
  line += " http=" + sluice::to_text(http_->local_endpoint());
  std::puts(line.c_str());
  std::fflush(stdout);
}

asio::awaitable<void> Server::main() {
  co_await with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(http_->serve());
    group.spawn(net::feed_watchdog());
    acceptor_.start(
        [this](net::Loop& loop, asio::ip::tcp::socket socket) { accept(loop, std::move(socket)); });
    serving_ = true;
    print_ready();
    net::notify_ready("serving " + config_.pool.export_directory);
    co_await handle_signals();
    serving_ = false;
    net::notify_stopping();
    log.info("server.stopping", {{"deadline_ms", config_.net.shutdown_deadline.count()}});
    acceptor_.close();
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
