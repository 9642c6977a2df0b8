// SPDX-License-Identifier: Apache-2.0
// Whether a chain of certificates is believed, and whose it is: OpenSSL follows it to an authority of the directory with the
// rules of RFC 3820, we add what grids want: signing policies, revocation lists, limited and old proxies.
#pragma once

#include "auth/gsi/ca_directory.h"
#include "auth/gsi/certificate.h"
#include "auth/gsi/config.h"

#include <memory>
#include <string>

namespace sluice::auth::gsi {

struct TrustRules {
  CrlUse crl = CrlUse::if_valid;
  PolicyUse signing_policy = PolicyUse::require;
  bool takes_limited_proxies = true;
  bool takes_legacy_proxies = false;
};

// A chain that was believed, put in order.
struct Verified {
  Chain chain;              // proxies, end entity, authorities
  std::size_t proxies = 0;  // how many of them are proxies
  std::string subject;      // of the end entity, in slash form
  bool is_limited = false;  // one of the proxies may not start jobs

  X509* end_entity() const { return chain[proxies].get(); }
};

// `chain`: the certificate that speaks first, the others in any order. Errc::authentication says in one line what is wrong.
Result<Verified> verify_chain(const CaDirectory& authorities, const TrustRules& rules,
                              const Chain& chain);

}  // namespace sluice::auth::gsi
