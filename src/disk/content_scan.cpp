// SPDX-License-Identifier: Apache-2.0
#include "disk/content_scan.h"

namespace sluice::disk {

Result<ContentScan> ContentScan::begin(int fd, const std::vector<std::string>& types) {
  ContentScan scan(fd);
  for (const std::string& type : types) {
    SLUICE_TRY(auto digest, make_digest(type));
    scan.digests_.emplace_back(type, std::move(digest));
  }
  return scan;
}

Result<std::size_t> ContentScan::advance(std::size_t most, std::string_view object) {
  SLUICE_TRY(ByteView bytes, reader_.next(object, most));
  for (auto& [type, digest] : digests_) digest->update(bytes);
  reader_.drop_last();
  return bytes.size();
}

std::vector<std::pair<std::string, std::string>> ContentScan::sums() {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto& [type, digest] : digests_) out.emplace_back(type, digest->hex());
  return out;
}

}  // namespace sluice::disk
