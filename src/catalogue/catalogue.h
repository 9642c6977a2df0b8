// SPDX-License-Identifier: Apache-2.0
// The catalogue as app builds it: one database and the nouns that are kept in it.
#pragma once

#include "catalogue/attributes.h"
#include "catalogue/change_feed.h"
#include "catalogue/config.h"
#include "catalogue/copies.h"
#include "catalogue/lookup_cache.h"
#include "catalogue/namespace.h"
#include "catalogue/pools.h"
#include "catalogue/quotas.h"
#include "catalogue/replicas.h"
#include "catalogue/signing_keys.h"
#include "catalogue/sql/database.h"
#include "catalogue/trash.h"
#include "catalogue/uploads.h"

#include <memory>

namespace sluice::catalogue {

class Catalogue {
 public:
  // Connects and brings the schema up to date. Who never asks for names sets config.cached_names to 0.
  static Result<std::unique_ptr<Catalogue>> open(const CatalogueConfig& config,
                                                 Clock clock = system_clock_ns);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  Namespace& names() { return names_; }
  Uploads& uploads() { return uploads_; }
  Attributes& attributes() { return attributes_; }
  Replicas& replicas() { return replicas_; }
  Pools& pools() { return pools_; }
  Quotas& quotas() { return quotas_; }
  Trash& trash() { return trash_; }
  Copies& copies() { return copies_; }
  SigningKeys& signing_keys() { return signing_keys_; }
  // Null: names are not kept.
  const LookupCache* cache() const { return changes_->cache.get(); }

 private:
  // Where changes go after their commit: to what is kept here, and to other processes.
  struct Changes {
    std::unique_ptr<LookupCache> cache;
    std::unique_ptr<ChangeFeed> feed;
  };
  Catalogue(std::unique_ptr<Changes> changes, std::unique_ptr<sql::Database> database,
            const Clock& clock);

  std::unique_ptr<Changes> changes_;
  std::unique_ptr<sql::Database> database_;
  Namespace names_;
  Uploads uploads_;
  Attributes attributes_;
  Replicas replicas_;
  Pools pools_;
  Quotas quotas_;
  Trash trash_;
  Copies copies_;
  SigningKeys signing_keys_;
};

}  // namespace sluice::catalogue
