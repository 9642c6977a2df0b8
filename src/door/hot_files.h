// SPDX-License-Identifier: Apache-2.0
// Finds the files that many clients are sent to just now, in memory of fixed size. Files that share a slot are counted
// together: one may be found too early, none is missed, and one may be found several times. Thread-safe; count() takes no lock.
#pragma once

#include "catalogue/types.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace sluice::door {

class HotFiles {
 public:
  // Each `opens` of one file it is found; 0: never.
  explicit HotFiles(std::uint32_t opens) : opens_(opens) {}

  void count(catalogue::FileId file) noexcept {
    if (opens_ == 0) return;
    // Again and again: what pools have to do is known a little later than who opens what.
    if ((slot_of(file).fetch_add(1, std::memory_order_relaxed) + 1) % opens_ == 0) remember(file);
  }
  // Those found since the last call, at most 100.
  std::vector<catalogue::FileId> take();
  // Begins to count anew.
  void forget() noexcept;

 private:
  static constexpr unsigned slot_bits = 12;

  std::atomic<std::uint32_t>& slot_of(catalogue::FileId file) noexcept {
    // Neighbours in time have neighbouring numbers: the product spreads them (Knuth's multiplicative hash).
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
    return slots_[(static_cast<std::uint64_t>(file.number) * golden) >> (64 - slot_bits)];
  }
  void remember(catalogue::FileId file) noexcept;

  const std::uint32_t opens_;
  std::array<std::atomic<std::uint32_t>, std::size_t{1} << slot_bits> slots_{};
  std::mutex mutex_;
  std::vector<catalogue::FileId> found_;
};

}  // namespace sluice::door
