// SPDX-License-Identifier: Apache-2.0
// The pools as the door last saw them in the catalogue, and the choice among them. Reading it costs a pointer; who refreshes
// it puts a new picture in its place. Thread-safe.
#pragma once

#include "base/endpoint.h"
#include "catalogue/pools.h"
#include "catalogue/replicas.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace sluice::door {

struct PoolView {
  catalogue::Pool pool;
  Endpoint address;       // where clients are sent
  bool has_tls = false;   // it says so in its address, roots://
  bool is_fresh = false;  // its heartbeat is
  // Answers this door; shared by all pictures of the pool.
  std::shared_ptr<const std::atomic<bool>> reachable;

  bool is_online() const { return is_fresh && reachable->load(std::memory_order_relaxed); }

  // Uploads that this door sent there since the picture was made and that its load does not show yet.
  mutable std::atomic<std::uint32_t> sent{0};
  mutable std::atomic<std::uint64_t> promised{0};  // bytes
};

// What it does, in movers; one that waits counts for several.
std::uint64_t load_of(const PoolView& view);

using PoolPicture = std::vector<std::shared_ptr<PoolView>>;

class PoolBoard {
 public:
  void replace(PoolPicture picture);
  std::shared_ptr<const PoolPicture> picture() const;
  // Null when there is no such pool any more.
  std::shared_ptr<const PoolView> find(catalogue::PoolId pool) const;
  void set_reachable(catalogue::PoolId pool, bool reachable);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PoolPicture> picture_ = std::make_shared<PoolPicture>();
  std::map<catalogue::PoolId, std::shared_ptr<std::atomic<bool>>> reachable_;
};

// From the rows of the catalogue; what has no usable address is left out.
PoolPicture picture_of(std::vector<catalogue::Pool> pools, std::int64_t now_ns,
                       std::int64_t patience_ns);

// A pool that has the file, reads and is not excluded: the least loaded. Null when there is none.
std::shared_ptr<const PoolView> choose_for_reading(const PoolPicture& pools,
                                                   std::span<const catalogue::Replica> replicas,
                                                   std::span<const std::int64_t> excluded);

// A pool with room for `size` bytes that takes new files and is not excluded: by free space and load. Null when there is
// none.
std::shared_ptr<const PoolView> choose_for_writing(const PoolPicture& pools, std::uint64_t size,
                                                   std::span<const std::int64_t> excluded);

// Of pools without TLS.
std::vector<std::int64_t> pools_in_clear(const PoolPicture& pools);

// Some pool would take a new file, if it had room.
bool is_full(const PoolPicture& pools, std::span<const std::int64_t> excluded);

}  // namespace sluice::door
