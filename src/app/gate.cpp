// SPDX-License-Identifier: Apache-2.0
#include "app/gate.h"

#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

namespace sluice::app {

namespace {

bool is_readable(const std::string& file) { return ::access(file.c_str(), R_OK) == 0; }

// What can be asked with what is there. With nothing but "none" nobody is asked at all, unless that makes clients sign.
std::vector<std::string> usual_methods(const Config& config, bool has_tls) {
  std::vector<std::string> methods;
  if (has_tls && !config.auth.token.issuers.empty()) methods.emplace_back("ztn");
  const auto& gsi = config.auth.gsi;
  if (is_readable(gsi.certificate) && is_readable(gsi.key) && is_readable(gsi.ca_directory))
    methods.emplace_back("gsi");
  if (!methods.empty() || (config.signing.level != 0 && config.signing.force))
    methods.emplace_back("none");
  return methods;
}

Result<std::unique_ptr<Gate>> made_from(Host& host, const auth::Settings& settings) {
  SLUICE_TRY(auto keeper, auth::Gatekeeper::make(settings));
  return std::make_unique<Gate>(host, std::move(keeper));
}

}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(Host& host, bool has_tls) {
  auth::Settings settings = host.config.auth;
  if (settings.auth.methods.empty()) settings.auth.methods = usual_methods(host.config, has_tls);
  return made_from(host, settings);
}

Result<std::unique_ptr<Gate>> Gate::of_pool(Host& host) {
  auth::Settings settings = host.config.auth;
  settings.auth.methods.clear();
  if (host.config.signing.pool_level != 0 && host.config.signing.pool_force)
    settings.auth.methods = {"none"};
  return made_from(host, settings);
}

asio::awaitable<void> Gate::keep_fresh() {
  constexpr auto period = std::chrono::minutes(1);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(period);
    if (auto [error] = co_await timer.async_wait(as_value); error) co_return;
    [[maybe_unused]] Status done = co_await offload(host_->runtime.blocking(), [this]() -> Status {
      keeper_->reload();
      return {};
    });
  }
}

void Gate::reload() {
  // A full pool looks again within the minute.
  [[maybe_unused]] const bool taken =
      host_->runtime.blocking().submit([this] { keeper_->reload(); });
}

}  // namespace sluice::app
