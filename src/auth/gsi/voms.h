// SPDX-License-Identifier: Apache-2.0
// Attributes of virtual organisations (VOMS) in a chain: libvomsapi takes them out and verifies them against the LSC files of
// vomsdir, we never count one that it did not verify. Decision 0031.
#pragma once

#include "auth/gsi/trust.h"

#include <string>
#include <vector>

namespace sluice::auth::gsi {

struct VomsAttributes {
  std::string vo;  // of the first attribute certificate
  std::vector<std::string>
      fqans;  // "/atlas/Role=production", the primary one first; without "Role=NULL" and "Capability=NULL"
};

bool has_voms_attributes(const Verified& verified);

// Reads files. Errc::authentication says why what is there does not count.
Result<VomsAttributes> read_voms_attributes(const std::string& vomsdir,
                                            const std::string& ca_directory,
                                            const Verified& verified);

}  // namespace sluice::auth::gsi
