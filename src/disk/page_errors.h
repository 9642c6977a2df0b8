// SPDX-License-Identifier: Apache-2.0
// Which pages of a file arrived with a wrong checksum (kXR_pgwrite) and have not been sent again
// yet. A file with such pages must not be closed as a success.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <set>

namespace sluice::disk {

class PageErrors {
 public:
  // Limits of the protocol (XProtocol: kXR_pgMaxEpr, kXR_pgMaxEos).
  static constexpr std::size_t max_per_request = 128;
  static constexpr std::size_t max_per_file = 256;

  // A page that begins at `offset` came with a wrong checksum. Errc::too_many_errors beyond the
  // limit of a file.
  Status bad(std::uint64_t offset) {
    if (!offsets_.contains(offset) && offsets_.size() >= max_per_file) {
      return fail(Errc::too_many_errors, "more than 256 pages of the file have wrong checksums");
    }
    offsets_.insert(offset);
    return {};
  }

  // Good data now cover [offset, offset + size). A page counts as repaired when its first byte is.
  void good(std::uint64_t offset, std::uint64_t size) {
    if (offsets_.empty()) return;
    offsets_.erase(offsets_.lower_bound(offset), offsets_.lower_bound(offset + size));
  }

  // The file ends here now.
  void cut(std::uint64_t size) { offsets_.erase(offsets_.lower_bound(size), offsets_.end()); }

  bool contains(std::uint64_t offset) const { return offsets_.contains(offset); }
  std::size_t count() const { return offsets_.size(); }

 private:
  std::set<std::uint64_t> offsets_;
};

}  // namespace sluice::disk
