// SPDX-License-Identifier: Apache-2.0
// A mover's hold on its file: counts what moves, ends when an operator says so, and brings an upload into the catalogue.
#pragma once

#include "capability/capability.h"
#include "disk/file_watch.h"
#include "pool/pool_service.h"
#include "xroot/stat_text.h"

#include <memory>
#include <optional>
#include <string>

namespace sluice::pool {

// "adler32 0a1b2c3d", as clients announce it for an upload.
struct ExpectedChecksum {
  std::string type;
  std::string value;
};

class MoverFile final : public disk::FileWatch {
 public:
  MoverFile(PoolService& service, std::shared_ptr<Mover> mover, capability::Capability right,
            std::optional<ExpectedChecksum> expected, std::unique_ptr<Reservations::Claim> space);

  // Writes the billing record.
  ~MoverFile() override;

  FileId file() const { return {right_.file}; }
  // What clients are told: size and times of the disk, the rest as the catalogue had it when the file was opened.
  xroot::FileStat wire_stat(const disk::FileStat& stat) const;

  bool revoked() const override { return mover_->ended(); }
  void moved(std::uint64_t bytes) override {
    mover_->count(bytes);
    if (space_) space_->fill(bytes);
  }
  Status verify(int fd, const disk::FileStat& stat, disk::StoredChecksums& sums) override;
  Status published(const disk::FileStat& stat, const disk::StoredChecksums& sums) override;
  void abandoned() override;

 private:
  // What the catalogue knows of an upload, once its bytes have their name here.
  enum class Fate : std::uint8_t { unpublished, published, unknown };

  PoolService& service_;
  const std::shared_ptr<Mover> mover_;
  const capability::Capability right_;
  const std::optional<ExpectedChecksum> expected_;
  const std::unique_ptr<Reservations::Claim> space_;  // of an upload
  Fate fate_ = Fate::unpublished;
  // For the billing record.
  std::uint64_t size_;
  std::string checksum_;
  std::optional<Error> failure_;
};

}  // namespace sluice::pool
