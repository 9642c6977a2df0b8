// SPDX-License-Identifier: Apache-2.0
#include "app/tls.h"

#include "base/log.h"
#include "xroot/client/tls_transport.h"
#include "xroot/server/service.h"

#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

namespace sluice::app {
namespace {

using net::TlsConfig;
using net::TlsMode;
using xroot::server::TlsRules;
using xroot::server::TlsService;

const Logger log("tls");

net::TlsFiles files_of(const TlsConfig& config) {
  if (config.certificate.empty())
    return {std::string(net::default_certificate),
            config.key.empty() ? std::string(net::default_key) : config.key};
  return {config.certificate, config.key.empty() ? config.certificate : config.key};
}

bool is_readable(const std::string& file) { return ::access(file.c_str(), R_OK) == 0; }

}  // namespace

Result<TlsService> open_tls(const TlsConfig& own, const TlsConfig& general,
                            const net::TlsCommonConfig& common, std::string_view table) {
  TlsConfig config = own;
  if (config.certificate.empty()) {
    config.certificate = general.certificate;
    if (config.key.empty()) config.key = general.key;
  }
  TlsService service;
  service.handshake_timeout = common.handshake_timeout;
  const net::TlsFiles files = files_of(config);
  if (config.mode == TlsMode::automatic) {
    bool is_there = is_readable(files.certificate) && is_readable(files.key);
    bool is_wanted = !config.certificate.empty() || is_there;
    config.mode = is_wanted ? TlsMode::optional : TlsMode::off;
  }
  if (config.mode == TlsMode::off) return service;
  auto context = net::ServerTls::open(files);
  if (!context)
    return fail(Errc::usage, fmt::format("{}; set {}.certificate and {}.key, or {}.mode = \"off\"",
                                         context.error().detail, table, table, table));
  service.context = *std::move(context);
  service.rules = TlsRules::of(config, true);
  return service;
}

void reload_tls(const std::vector<xroot::server::Service*>& services) {
  for (xroot::server::Service* service : services) {
    if (!service->tls.context) continue;
    Result<bool> taken = service->tls.context->reload();
    if (!taken) {
      log.error("certificate.rejected",
                {{"role", service->role()}, {"why", taken.error().message()}});
    } else if (*taken) {
      log.info("certificate.changed",
               {{"role", service->role()}, {"file", service->tls.context->files().certificate}});
    }
  }
}

asio::awaitable<void> follow_certificates(Host* host,
                                          std::vector<xroot::server::Service*> services) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (;;) {
    pause.expires_after(host->config.tls_common.refresh);
    if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    // When the queue is full it happens the next time.
    [[maybe_unused]] Status done =
        co_await offload(host->runtime.blocking(), [&services]() -> Status {
          reload_tls(services);
          return {};
        });
  }
}

xroot::client::TlsUpgrade tls_to_others(const net::TlsCommonConfig& common) {
  return xroot::client::tls_upgrade(
      std::make_shared<net::ClientTls>(common.ca_directory, common.refresh));
}

}  // namespace sluice::app
