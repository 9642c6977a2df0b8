// SPDX-License-Identifier: Apache-2.0
// Who asks, at a door or an export: made from the settings, and its files looked at again every minute.
#pragma once

#include "app/role.h"
#include "auth/gatekeeper.h"

#include <memory>

namespace sluice::app {

class Gate {
 public:
  // Errors say in one line what a method lacks.
  static Result<std::unique_ptr<Gate>> open(Host& host, bool has_tls, bool is_local);
  // A pool believes capabilities and asks nobody; where clients shall sign without a key it has them log in for that alone,
  // since clients without a login sign nothing.
  static Result<std::unique_ptr<Gate>> of_pool(Host& host);
  explicit Gate(Host& host, std::shared_ptr<auth::Gatekeeper> keeper)
      : host_(&host), keeper_(std::move(keeper)) {}

  const std::shared_ptr<auth::Gatekeeper>& keeper() const { return keeper_; }
  // A line for whoever started the server.
  std::string about_anonymous() const;
  asio::awaitable<void> keep_fresh();
  // With the settings of tokens, rules and access as they are now, and all files; in the background.
  void reload();

 private:
  Host* host_;
  std::shared_ptr<auth::Gatekeeper> keeper_;
};

}  // namespace sluice::app
