// SPDX-License-Identifier: Apache-2.0
#include "catalogue/catalogue.h"

namespace sluice::catalogue {

Catalogue::Catalogue(std::unique_ptr<Changes> changes, std::unique_ptr<sql::Database> database,
                     const Clock& clock)
    : changes_(std::move(changes)),
      database_(std::move(database)),
      names_(*database_, clock, changes_->cache.get()),
      uploads_(*database_, clock),
      attributes_(*database_),
      replicas_(*database_, clock),
      pools_(*database_, clock),
      quotas_(*database_),
      trash_(*database_),
      copies_(*database_, clock),
      signing_keys_(*database_, clock) {}

Result<std::unique_ptr<Catalogue>> Catalogue::open(const CatalogueConfig& config, Clock clock) {
  SLUICE_TRY(const sql::Address address, sql::parse_address(config.url));
  auto changes = std::make_unique<Changes>();
  if (config.cached_names > 0)
    changes->cache = std::make_unique<LookupCache>(config.cached_names, config.cache_age);
  auto on_change = [to = changes.get()](std::span<const Mark> marks) {
    if (to->cache) to->cache->forget(marks);
    if (to->feed) to->feed->tell(marks);
  };
  SLUICE_TRY(std::unique_ptr<sql::Database> database, sql::Database::open(config, on_change));
  // The names in a file of SQLite belong to one server; commands beside it change pools and classes.
  if (address.engine == sql::Engine::postgresql)
    changes->feed = std::make_unique<ChangeFeed>(address.target, changes->cache.get());
  return std::unique_ptr<Catalogue>(new Catalogue(std::move(changes), std::move(database), clock));
}

}  // namespace sluice::catalogue
