// SPDX-License-Identifier: Apache-2.0
#include "app/catalogue_role.h"

#include "base/log.h"
#include "base/offload.h"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace sluice::app {
namespace {

const Logger log("app");

constexpr auto look = std::chrono::seconds(20);
// A key signs only when everybody has had the time to see it.
constexpr std::int64_t settle_ns = 3 * std::chrono::nanoseconds(look).count();

}  // namespace

Status CatalogueRole::open() {
  catalogue::CatalogueConfig config = host_.config.catalogue;
  // Pools ask for no names.
  if (!host_.config.serve.has_role("door")) config.cached_names = 0;
  SLUICE_TRY(catalogue_, catalogue::Catalogue::open(config));
  return load_keys();
}

void CatalogueRole::start(TaskGroup& group) { group.spawn(keep_keys()); }

Status CatalogueRole::load_keys() {
  SLUICE_TRY(auto live, catalogue_->signing_keys().live(host_.config.door.key_lifetime));
  std::vector<capability::Key> keys;
  std::size_t signer = live.size() - 1;
  for (const catalogue::SigningKey& key : live) {
    if (key.created_ns + settle_ns < catalogue::system_clock_ns())
      signer = std::min(signer, keys.size());
    keys.push_back({static_cast<std::uint32_t>(key.id), {key.secret.begin(), key.secret.end()}});
  }
  keys_.replace(std::move(keys), signer);
  return {};
}

asio::awaitable<void> CatalogueRole::keep_keys() {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (;;) {
    pause.expires_after(look);
    if (auto [error] = co_await pause.async_wait(as_value); error) co_return;
    Status done = co_await offload(host_.runtime.blocking(), [this] { return load_keys(); });
    if (!done) log.warn("keys.not_renewed", {{"error", done.error().message()}});
  }
}

}  // namespace sluice::app
