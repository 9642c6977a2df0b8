// SPDX-License-Identifier: Apache-2.0
#include "pool/late_checksums.h"

#include "disk/checksums.h"
#include "pool/pool_log.h"

#include <fmt/format.h>

namespace sluice::pool {

LateChecksums::LateChecksums(catalogue::Catalogue& catalogue, ReplicaStore& store,
                             const std::atomic<bool>& stopping, Metrics& metrics)
    : catalogue_(catalogue),
      store_(store),
      stopping_(stopping),
      computed_(metrics.counter("sluice_pool_late_checksums_total",
                                "Uploads whose checksum was computed after their commit.")),
      dropped_(metrics.counter("sluice_pool_late_checksums_dropped_total",
                               "Uploads left to the scrubber because too many waited.")),
      worker_(1, max_queued, "late-checksum") {}

void LateChecksums::add(FileId file) {
  if (!worker_.submit([this, file] { serve(file); })) dropped_.add();
}

void LateChecksums::serve(FileId file) {
  if (stopping_) return;
  Status done = compute(file);
  const bool is_gone = !done && done.error().code == Errc::not_found;
  if (done || is_gone || stopping_) return;
  log.warn("checksum.not_computed", {{"file", file.number}, {"error", done.error().message()}});
}

Status LateChecksums::compute(FileId file) {
  SLUICE_TRY(const catalogue::Entry entry, catalogue_.names().stat(file));
  if (entry.checksums.contains("adler32")) return {};
  SLUICE_TRY(auto opened, store_.open_replica(file));
  const std::uint64_t size = opened->opened_stat().size;
  SLUICE_TRY(std::string value, disk::file_checksum(opened->fd(), "adler32", store_.tree().volume(),
                                                    true, &stopping_, entry.name));
  SLUICE_CHECK(catalogue_.names().complete_checksums(file, size, {{"adler32", value}}));
  computed_.add();
  return {};
}

}  // namespace sluice::pool
