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
  static Result<std::unique_ptr<Gate>> open(Host& host, bool has_tls);
  // A pool believes capabilities and asks nobody; where clients shall sign without a key it has them log in for that alone,
  // since clients without a login sign nothing.
  static Result<std::unique_ptr<Gate>> of_pool(Host& host);
  explicit Gate(Host& host, std::unique_ptr<auth::Gatekeeper> keeper)
      : host_(&host), keeper_(std::move(keeper)) {}

  auth::Gatekeeper* keeper() const { return keeper_.get(); }
  asio::awaitable<void> keep_fresh();
  // Now, in the background.
  void reload();

 private:
  Host* host_;
  std::unique_ptr<auth::Gatekeeper> keeper_;
};

}  // namespace sluice::app
