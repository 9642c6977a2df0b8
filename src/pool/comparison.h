// SPDX-License-Identifier: Apache-2.0
// The disk of a pool against the catalogue, both ways. Blocks, for as long as it takes to look at every file.
#pragma once

#include "pool/pool_service.h"

#include <cstdint>
#include <vector>

namespace sluice::pool {

struct Comparison {
  static constexpr std::size_t max_named = 1000;

  std::uint64_t replicas = 0;  // that the catalogue says are here
  std::uint64_t lost =
      0;  // of these gone or of another size: they are marked broken, and others copied
  std::uint64_t found = 0;            // were marked broken and are whole: they are online again
  std::uint64_t unknown = 0;          // files that the catalogue knows nothing of
  std::uint64_t removed = 0;          // of these
  std::vector<FileId> lost_files;     // the first of them
  std::vector<FileId> unknown_files;  // the same
};

// What shall become of files that the catalogue knows nothing of.
struct Unknown {
  bool removed = false;
  // Only those that nobody touched for so long; by both time stamps that the disk keeps.
  Duration older_than{24 * 3'600'000};
};

// What the catalogue says is here must be here. What is here and not in the catalogue is only told, unless `unknown` says
// otherwise: a catalogue that was restored from an old copy must not cost anybody a file. Errors: in_progress while another
// one runs; cancelled when the pool stops.
Result<Comparison> compare_with_catalogue(PoolService& service, Unknown unknown = {});

}  // namespace sluice::pool
