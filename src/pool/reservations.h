// SPDX-License-Identifier: Apache-2.0
// Space that uploads announced and have not filled yet: what is promised to one is no other's. Thread-safe, without locks.
#pragma once

#include "base/result.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace sluice::pool {

class Reservations {
 public:
  // Gives back what is left of it when it ends.
  class Claim {
   public:
    Claim(std::shared_ptr<std::atomic<std::uint64_t>> promised, std::uint64_t bytes)
        : promised_(std::move(promised)), left_(bytes) {}
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() { fill(UINT64_MAX); }

    // So many bytes more are on the disk, and not only promised.
    void fill(std::uint64_t bytes) noexcept;

   private:
    // Shared, because files may outlive the service that opened them.
    const std::shared_ptr<std::atomic<std::uint64_t>> promised_;
    std::atomic<std::uint64_t> left_;
  };

  // `room`: bytes of the file system that uploads may use. Errc::no_space, also for an upload of unknown size (0) where all of
  // it is promised.
  Result<std::unique_ptr<Claim>> claim(std::uint64_t bytes, std::uint64_t room);

  std::uint64_t promised() const { return promised_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> promised_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace sluice::pool
