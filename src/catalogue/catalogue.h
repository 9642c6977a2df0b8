// SPDX-License-Identifier: Apache-2.0
// The catalogue as app builds it: one database and the nouns that are kept in it.
#pragma once

#include "catalogue/config.h"
#include "catalogue/namespace.h"
#include "catalogue/sql/database.h"

#include <memory>

namespace sluice::catalogue {

class Catalogue {
 public:
  // Connects and brings the schema up to date.
  static Result<std::unique_ptr<Catalogue>> open(const CatalogueConfig& config,
                                                 Clock clock = system_clock_ns);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  Namespace& names() { return names_; }

 private:
  Catalogue(std::unique_ptr<sql::Database> database, const Clock& clock);

  std::unique_ptr<sql::Database> database_;
  Namespace names_;
};

}  // namespace sluice::catalogue
