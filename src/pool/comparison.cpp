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
  explicit Comparer(PoolService& service)
      : service_(service), replicas_(service.catalogue.replicas()) {}

  Result<Comparison> run() {
    SLUICE_CHECK(look_for_replicas());
    SLUICE_CHECK(service_.store.visit(
        [this](std::span<const FileId> files) { return look_for_rows(files); }));
    log.info("pool.compared", {{"lost", out_.lost}, {"unknown", out_.unknown}});
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
      // It may have gone, with its row, since the folder was read.
      if (!service_.store.size_of(file)) continue;
      log.warn("replica.unknown", {{"file", file.number}, {"path", replica_path(file)}});
      ++out_.unknown;
      note(out_.unknown_files, file);
    }
    return {};
  }

  PoolService& service_;
  catalogue::Replicas& replicas_;
  Comparison out_;
};

}  // namespace

Result<Comparison> compare_with_catalogue(PoolService& service) {
  std::unique_lock only(service.comparison, std::try_to_lock);
  if (!only)
    return fail(Errc::in_progress, "the pool is being compared with the catalogue already");
  return Comparer(service).run();
}

}  // namespace sluice::pool
