// SPDX-License-Identifier: Apache-2.0
#include "pool/comparison.h"

#include "pool/pool_log.h"

#include <algorithm>

namespace sluice::pool {
namespace {

using catalogue::Replica;
using catalogue::ReplicaState;

constexpr std::size_t batch = 500;  // rows of the catalogue at a time

void note(std::vector<FileId>& files, FileId file) {
  if (files.size() < Comparison::max_named) files.push_back(file);
}

class Comparer {
 public:
  Comparer(PoolService& service, Unknown unknown)
      : service_(service), replicas_(service.catalogue.replicas()), wanted_(unknown) {}

  Result<Comparison> run() {
    SLUICE_CHECK(look_for_replicas());
    SLUICE_CHECK(service_.store.visit(
        [this](std::span<const FileId> files) { return look_for_rows(files); }));
    log.info("pool.compared",
             {{"lost", out_.lost}, {"unknown", out_.unknown}, {"removed", out_.removed}});
    return std::move(out_);
  }

 private:
  // Whoever stops the pool does not wait for the rest of a million files.
  Status go_on() const {
    return service_.stopping ? fail(Errc::cancelled, "the pool stops") : Status();
  }

  Status look_for_replicas() {
    for (FileId after;;) {
      SLUICE_CHECK(go_on());
      SLUICE_TRY(auto page, replicas_.of_pool(service_.id, after, batch));
      for (const Replica& replica : page) look_at(replica);
      if (page.size() < batch) return {};
      after = page.back().file;
    }
  }

  void look_at(const Replica& replica) {
    const bool was_broken = replica.state == ReplicaState::broken;
    if (!is_readable(replica.state) && !was_broken) return;
    ++out_.replicas;
    auto size = service_.store.size_of(replica.file);
    const bool is_whole = size && *size == replica.size;
    if (is_whole && was_broken &&
        replicas_.set_state(replica.file, service_.id, ReplicaState::online)) {
      ++out_.found;
    }
    const bool is_gone = size || size.error().code == Errc::not_found;
    if (is_whole || was_broken || !is_gone) return;
    // It may have been removed meanwhile, which is as good.
    if (!replicas_.set_state(replica.file, service_.id, ReplicaState::broken)) return;
    log.error("replica.lost", {{"file", replica.file.number}});
    ++out_.lost;
    note(out_.lost_files, replica.file);
  }

  // Ids of one folder are near each other: one page knows them all, deleted and foreign ones left out.
  Status look_for_rows(std::span<const FileId> files) {
    SLUICE_CHECK(go_on());
    if (files.empty()) return {};
    std::vector<FileId> sorted(files.begin(), files.end());
    std::ranges::sort(sorted);
    const FileId before{sorted.front().number - 1};
    SLUICE_TRY(auto page, replicas_.of_pool(service_.id, before, catalogue::max_page));
    for (FileId file : sorted) {
      if (std::ranges::binary_search(page, file, {}, &Replica::file)) continue;
      SLUICE_CHECK(go_on());
      SLUICE_CHECK(deal_with_unknown(file));
    }
    return {};
  }

  Status deal_with_unknown(FileId file) {
    auto stat = service_.store.stat(file);
    // It may have gone, with its row, since the folder was read.
    if (!stat) return {};
    log.warn("replica.unknown", {{"file", file.number}, {"path", replica_path(file)}});
    ++out_.unknown;
    note(out_.unknown_files, file);
    if (!wanted_.removed || !is_old(*stat)) return {};
    SLUICE_TRY(const bool known, is_known(file));
    if (known) return {};
    SLUICE_CHECK(service_.store.remove(file));
    log.warn("replica.removed",
             {{"file", file.number}, {"path", replica_path(file)}, {"bytes", stat->size}});
    ++out_.removed;
    return {};
  }

  bool is_old(const disk::FileStat& stat) const {
    const std::int64_t touched = std::max(stat.modified_ns, stat.changed_ns);
    return catalogue::system_clock_ns() - touched >=
           std::chrono::nanoseconds(wanted_.older_than).count();
  }

  // To anybody, under whatever name: an upload, a copy on its way, a file whose replica here was forgotten.
  Result<bool> is_known(FileId file) {
    SLUICE_TRY(auto replicas, replicas_.of_file(file));
    if (!replicas.empty()) return true;
    auto entry = service_.catalogue.names().stat(file);
    if (!entry && entry.error().code != Errc::not_found)
      return tl::unexpected<Error>(std::move(entry).error());
    return entry.has_value();
  }

  PoolService& service_;
  catalogue::Replicas& replicas_;
  const Unknown wanted_;
  Comparison out_;
};

}  // namespace

Result<Comparison> compare_with_catalogue(PoolService& service, Unknown unknown) {
  std::unique_lock only(service.comparison, std::try_to_lock);
  if (!only)
    return fail(Errc::in_progress, "the pool is being compared with the catalogue already");
  return Comparer(service, unknown).run();
}

}  // namespace sluice::pool
