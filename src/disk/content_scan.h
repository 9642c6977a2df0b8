// SPDX-License-Identifier: Apache-2.0
// Checksums of what a file holds now, of several types in one pass, a piece at a time, so that whoever looks after a disk may
// take hours for one file. Nothing that is stored is believed or changed. Blocks.
#pragma once

#include "base/checksum.h"
#include "disk/sequential_reader.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::disk {

class ContentScan {
 public:
  // `fd` stays the caller's. Errc::unsupported for a type that nobody can compute.
  static Result<ContentScan> begin(int fd, const std::vector<std::string>& types);

  // Takes at most `most` bytes, never more than SequentialReader::piece, and says how many; 0 is the end of the file.
  Result<std::size_t> advance(std::size_t most, std::string_view object);

  // Bytes so far.
  std::uint64_t size() const { return reader_.offset(); }
  // Type and value of everything so far; ends the scan.
  std::vector<std::pair<std::string, std::string>> sums();

 private:
  explicit ContentScan(int fd) : reader_(fd) {}

  SequentialReader reader_;
  std::vector<std::pair<std::string, std::unique_ptr<Digest>>> digests_;
};

}  // namespace sluice::disk
