// SPDX-License-Identifier: Apache-2.0
#include "auth/source_limits.h"

#include "net/network.h"

#include <algorithm>

namespace sluice::auth {
namespace {

// Who has one IPv6 address of a /64 has all of them.
asio::ip::address source_of(const asio::ip::address& given) {
  asio::ip::address address = net::unmapped(given);
  if (address.is_v4()) return address;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::address_v6(bytes);
}

}  // namespace

Status SourceLimits::check(const asio::ip::address& source, Clock::time_point now) {
  if (known_.load(std::memory_order_relaxed) == 0) return {};
  const std::lock_guard lock(mutex_);
  auto place = places_.find(source_of(source));
  if (place == places_.end() || place->second->failures < most_) return {};
  const auto left = place->second->since + period_ - now;
  if (left <= Clock::duration::zero()) return {};
  return fail(
      Errc::overloaded,
      fmt::format("too many logins from {} failed, it is locked out for {} s", source.to_string(),
                  std::chrono::ceil<std::chrono::seconds>(left).count()));
}

void SourceLimits::note(const asio::ip::address& source, bool succeeded, Clock::time_point now) {
  if (succeeded && known_.load(std::memory_order_relaxed) == 0) return;
  const asio::ip::address address = source_of(source);
  const std::lock_guard lock(mutex_);
  auto known = places_.find(address);
  Source entry{address, 0, now};
  if (known != places_.end()) {
    entry = *known->second;
    sources_.erase(known->second);
    places_.erase(known);
    if (now - entry.since > period_) entry = {address, 0, now};
  }
  if (!succeeded) {
    if (++entry.failures >= most_) entry.since = now;
    if (sources_.size() >= most_sources) {
      places_.erase(sources_.front().address);
      sources_.pop_front();
    }
    places_[address] = sources_.insert(sources_.end(), entry);
  }
  known_.store(sources_.size(), std::memory_order_relaxed);
}

}  // namespace sluice::auth
