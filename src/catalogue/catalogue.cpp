// SPDX-License-Identifier: Apache-2.0
#include "catalogue/catalogue.h"

namespace sluice::catalogue {

Catalogue::Catalogue(std::unique_ptr<sql::Database> database, const Clock& clock)
    : database_(std::move(database)),
      names_(*database_, clock),
      uploads_(*database_, clock),
      attributes_(*database_),
      replicas_(*database_, clock),
      pools_(*database_, clock),
      quotas_(*database_),
      trash_(*database_),
      copies_(*database_, clock),
      signing_keys_(*database_, clock) {}

Result<std::unique_ptr<Catalogue>> Catalogue::open(const CatalogueConfig& config, Clock clock) {
  SLUICE_TRY(std::unique_ptr<sql::Database> database, sql::Database::open(config));
  return std::unique_ptr<Catalogue>(new Catalogue(std::move(database), clock));
}

}  // namespace sluice::catalogue
