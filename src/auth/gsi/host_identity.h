// SPDX-License-Identifier: Apache-2.0
// What a gsi server is and whom it believes, read from files: one immutable snapshot, replaced when the files change.
#pragma once

#include "auth/gsi/agreement.h"
#include "auth/gsi/ca_directory.h"
#include "auth/gsi/certificate.h"
#include "auth/gsi/config.h"
#include "auth/gsi/trust.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace sluice::auth::gsi {

struct HostIdentity {
  Credential credential;
  std::string certificate_pem;  // of the host alone
  std::string issuer_hashes;    // "b9c2134a.0|8aca69b1.0"
  std::shared_ptr<const CaDirectory> authorities;
  // Signatures of the pieces that are the same in all offers of a group: a third of the work of an offer.
  std::array<std::vector<std::byte>, groups.size()> sealed_groups;

  // `before` may be null: its files that did not change are not read again.
  static Result<std::shared_ptr<const HostIdentity>> read(const GsiConfig& config,
                                                          const HostIdentity* before);
};

TrustRules rules_of(const GsiConfig& config);

// "HASH.0|HASH.0" of both forms, or one where they are the same.
std::string hash_list(const X509_NAME* name);

// A key pair for one login, and what is sent of it.
struct Offer {
  std::shared_ptr<const HostIdentity> host;
  AgreementKey keys;
  std::string blob;
  std::vector<std::byte> sealed_blob;  // signed with the key of the host

  static Result<Offer> make(std::shared_ptr<const HostIdentity> host, Group group);
};

}  // namespace sluice::auth::gsi
