// SPDX-License-Identifier: Apache-2.0
// Attributes of virtual organisations (VOMS) in a chain: libvomsapi takes them out and verifies them against the LSC files of
// vomsdir, we never count one that it did not verify. Decision 0031.
#pragma once

#include "auth/gsi/trust.h"
#include "base/crypto.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::auth::gsi {

struct VomsAttributes {
  std::string vo;  // of the first attribute certificate
  std::vector<std::string>
      fqans;  // "/atlas/Role=production", the primary one first; without "Role=NULL" and "Capability=NULL"
};

bool has_voms_attributes(const Verified& verified);

// Keeps what it found out about a chain for some minutes: the library reads files, and loses some memory, in each call.
class VomsReader {
 public:
  VomsReader(std::string vomsdir, std::string ca_directory)
      : vomsdir_(std::move(vomsdir)), ca_directory_(std::move(ca_directory)) {}

  // May block. Errc::authentication says why what is there does not count.
  Result<VomsAttributes> read(const Verified& verified);
  // After the files changed.
  void forget();

 private:
  using Clock = std::chrono::system_clock;
  struct Entry {
    Result<VomsAttributes> result;
    Clock::time_point until;
  };
  Entry ask(const Verified& verified) const;

  std::string vomsdir_;
  std::string ca_directory_;
  std::mutex mutex_;
  std::map<Sha256, Entry> kept_;  // by the digest of the chain
};

}  // namespace sluice::auth::gsi
