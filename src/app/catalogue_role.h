// SPDX-License-Identifier: Apache-2.0
// What doors and pools of one process share: the catalogue and the keys of capabilities.
#pragma once

#include "app/role.h"
#include "capability/key_ring.h"
#include "catalogue/api.h"

#include <memory>

namespace sluice::app {

class CatalogueRole final : public Role {
 public:
  explicit CatalogueRole(Host& host) : host_(host) {}

  Status open() override;
  void start(TaskGroup& group) override;

  catalogue::Catalogue& catalogue() { return *catalogue_; }
  const capability::KeyRing& keys() const { return keys_; }

 private:
  Status load_keys();
  asio::awaitable<void> keep_keys();

  Host& host_;
  std::unique_ptr<catalogue::Catalogue> catalogue_;
  capability::KeyRing keys_;
};

}  // namespace sluice::app
