// SPDX-License-Identifier: Apache-2.0
#include "app/gate.h"

#include "auth/methods.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::app {

namespace {

Result<std::unique_ptr<Gate>> made_from(Host& host, const auth::Settings& settings) {
  SLUICE_TRY(auth::Chain chain, auth::make_chain({&settings}));
  return std::make_unique<Gate>(
      host, std::make_unique<auth::Gatekeeper>(settings.auth, std::move(chain)));
}

}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(Host& host) {
  auth::Settings settings = host.config.auth;
  const auto& signing = host.config.signing;
  if (settings.auth.methods.empty() && signing.level != 0 && signing.force)
    settings.auth.methods = {"none"};
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
