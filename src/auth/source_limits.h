// SPDX-License-Identifier: Apache-2.0
// Locks out addresses whose logins fail too often, so that guessing and broken jobs cost little.
#pragma once

#include "base/result.h"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>

namespace sluice::auth {

class SourceLimits {
 public:
  using Clock = std::chrono::steady_clock;

  // `most` failures within `period` lock an address out for `period`.
  SourceLimits(std::uint32_t most, Clock::duration period) : most_(most), period_(period) {}

  // Errc::overloaded says for how long. Costs nothing while nobody fails.
  Status check(const asio::ip::address& source, Clock::time_point now = Clock::now());
  void note(const asio::ip::address& source, bool succeeded, Clock::time_point now = Clock::now());

 private:
  struct Source {
    asio::ip::address address;
    std::uint32_t failures = 0;
    Clock::time_point since;  // of the first failure; of the last one once it is locked out
  };
  using Place = std::list<Source>::iterator;
  static constexpr std::size_t most_sources = 65'536;

  const std::uint32_t most_;
  const Clock::duration period_;
  std::atomic<std::size_t> known_ = 0;
  std::mutex mutex_;
  std::list<Source> sources_;  // the one whose failure is longest ago first
  std::map<asio::ip::address, Place> places_;
};

}  // namespace sluice::auth
