// SPDX-License-Identifier: Apache-2.0
#include "pool/mover_file.h"

#include "base/text.h"
#include "disk/wire_forms.h"
#include "pool/pool_log.h"
#include "pool/refusal.h"

namespace sluice::pool {
MoverFile::MoverFile(PoolService& service, std::shared_ptr<Mover> mover,
                     capability::Capability right, std::optional<ExpectedChecksum> expected,
                     std::unique_ptr<Reservations::Claim> space)
    : service_(service),
      mover_(std::move(mover)),
      right_(std::move(right)),
      expected_(std::move(expected)),
      space_(std::move(space)),
      size_(right_.size) {
  if (right_.operation == capability::Operation::write)
    failure_ = Error{Errc::cancelled, "the upload was not finished", {}};
}

MoverFile::~MoverFile() {
  BillingRecord record = record_of(*mover_);
  record.size = size_;
  record.checksum = checksum_;
  if (!record.error) record.error = failure_;
  service_.billing.append(std::move(record));
}

xroot::FileStat MoverFile::wire_stat(const disk::FileStat& stat) const {
  const disk::FileTree& tree = service_.store.tree();
  xroot::FileStat out = disk::to_wire(tree, stat);
  out.id = static_cast<std::uint64_t>(right_.file);
  out.flags.executable = (right_.mode & 0111) != 0;
  out.mode = right_.mode;
  out.owner = tree.user_name(right_.owner);
  out.group = tree.group_name(right_.group);
  return out;
}

Status MoverFile::verify(int fd, const disk::FileStat& stat, disk::StoredChecksums& sums) {
  if (revoked()) return fail(Errc::not_open, "the upload was ended by the server");
  if (!expected_) return {};
  auto value = sums.find(expected_->type);
  if (!value) {
    SLUICE_TRY(value, disk::file_checksum(fd, expected_->type, service_.store.tree().volume(),
                                          false, nullptr, "the upload"));
    sums.put(expected_->type, *value);
  }
  if (equal_ignoring_case(*value, expected_->value)) return {};
  failure_ = Error{Errc::checksum, "the announced checksum is another", {}};
  return fail(Errc::checksum, fmt::format("{} of the {} bytes that arrived is {}, announced was {}",
                                          expected_->type, stat.size, *value, expected_->value));
}

Status MoverFile::published(const disk::FileStat& stat, const disk::StoredChecksums& sums) {
  constexpr int attempts = 3;
  catalogue::Arrival arrival{service_.id, stat.size, {}, catalogue::ReplicaState::online};
  for (const auto& [type, value] : sums.all()) arrival.checksums.emplace(type, value);
  fate_ = Fate::published;
  size_ = stat.size;
  if (auto value = sums.find("adler32")) checksum_ = "adler32:" + *value;
  for (int attempt = 1;; ++attempt) {
    auto done = service_.catalogue.uploads().commit({right_.file}, arrival);
    if (done) {
      failure_.reset();
      if (checksum_.empty()) service_.late_checksums.add({right_.file});
      return {};
    }
    // To ask again is safe: done is done.
    bool unknown = !is_refusal(done.error().code);
    if (unknown && attempt < attempts) continue;
    if (unknown) fate_ = Fate::unknown;
    failure_ = done.error();
    log.warn("upload.not_committed",
             {{"file", right_.file}, {"error", done.error().message()}, {"is_known", !unknown}});
    // Clients know paths; the catalogue speaks of names and numbers.
    failure_->detail = mover_->request().path;
    return tl::unexpected<Error>(*failure_);
  }
}

void MoverFile::abandoned() {
  // Whatever has its name and may be known to the catalogue stays until both were compared.
  if (fate_ == Fate::unknown) return;
  FileId file{right_.file};
  if (fate_ == Fate::published) {
    if (Status removed = service_.store.remove(file); !removed)
      log.warn("upload.left", {{"file", file.number}, {"error", removed.error().message()}});
  }
  Status told = service_.catalogue.uploads().abort(file);
  if (told || told.error().code == Errc::not_found) return;
  log.warn("upload.not_aborted", {{"file", file.number}, {"error", told.error().message()}});
  service_.begun.owe_abort(file);
}

}  // namespace sluice::pool
