// SPDX-License-Identifier: Apache-2.0
#include "app/gate.h"

#include "base/log.h"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace sluice::app {

namespace {

const Logger log("auth");

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

}  // namespace

Result<std::unique_ptr<Gate>> Gate::open(Host& host, bool has_tls, bool is_local) {
  auth::Settings settings = host.config.auth;
  const bool chooses = settings.auth.methods.empty();
  if (chooses) settings.auth.methods = usual_methods(host.config, has_tls);
  auto keeper = auth::Gatekeeper::make(settings, is_local);
  if (!keeper && chooses && !settings.auth.methods.empty()) {
    return fail(keeper.error().code,
                fmt::format("{}; of itself this server takes {}: auth.methods may name others",
                            keeper.error().detail, fmt::join(settings.auth.methods, ", ")));
  }
  SLUICE_CHECK(keeper);
  return std::make_unique<Gate>(host, std::move(*keeper));
}

Result<std::unique_ptr<Gate>> Gate::of_pool(Host& host) {
  auth::Settings settings = host.config.auth;
  settings.auth.methods.clear();
  if (host.config.signing.pool_level != 0 && host.config.signing.pool_force)
    settings.auth.methods = {"none"};
  settings.token = {};
  constexpr bool is_local = false;  // who has no capability may do nothing, wherever it is
  SLUICE_TRY(auto keeper, auth::Gatekeeper::make(settings, is_local));
  return std::make_unique<Gate>(host, std::move(keeper));
}

std::string Gate::about_anonymous() const {
  switch (keeper_->access().anonymous_rights()) {
    case auth::Anonymous::automatic:
    case auth::Anonymous::none:
      return "anonymous clients may do nothing (access.anonymous says what they may)";
    case auth::Anonymous::read_only:
      return "anonymous clients may read";
    case auth::Anonymous::full:
      return "anonymous clients may do everything";
  }
  return {};
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
  // The role may be gone before the job is done. A full pool looks at the files within the minute.
  [[maybe_unused]] const bool taken =
      host_->runtime.blocking().submit([keeper = keeper_, settings = host_->config.auth] {
        if (Status done = keeper->reconfigure(settings); !done)
          log.error("settings.kept", {{"why", done.error().message()}});
        keeper->reload();
      });
}

}  // namespace sluice::app
