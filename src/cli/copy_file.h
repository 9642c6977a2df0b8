// SPDX-License-Identifier: Apache-2.0
// Copies one file in pieces, a few of them in flight at once, so that the network never waits for
// the disk or the other way round. Memory is bounded: pieces in flight x piece size per file, and
// files at once is the caller's choice.
#pragma once

#include "cli/copy_checksum.h"
#include "cli/endpoints.h"
#include "cli/rate.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::cli {

// Buffers of one size, used again for the next piece: fresh memory costs a page fault for every 4
// KiB.
class PieceBuffers {
 public:
  explicit PieceBuffers(std::size_t size) : size_(size) {}
  using Buffer = std::unique_ptr<std::byte[]>;
  Buffer take();
  void give(Buffer buffer) { free_.push_back(std::move(buffer)); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::vector<Buffer> free_;
};

// What all files of a command share. Used by one thread.
struct CopyShared {
  CopyShared(std::size_t piece, int depth) : buffers(piece), pieces_in_flight(depth) {}
  PieceBuffers buffers;
  int pieces_in_flight;
  std::optional<RateLimit> limit;
  std::uint64_t bytes_done = 0;  // grows while pieces are written
  std::optional<Error> stop;     // why no more pieces may begin
};

struct CopyRequest {
  Place source;
  Place target;
  bool force = false;
  bool resume = false;  // goes on where an earlier copy ended
  bool posc = false;
  bool make_path = false;
  std::optional<CopyChecksum> checksum;
};

struct CopyOutcome {
  std::uint64_t bytes = 0;    // copied now
  std::uint64_t skipped = 0;  // were there before
  std::string checksum_type;
  std::string checksum_value;  // empty when none was asked for
};

Task<CopyOutcome> copy_file(Remote remote, CopyShared* shared, CopyRequest request);

}  // namespace sluice::cli
