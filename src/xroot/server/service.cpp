// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/service.h"

#include "base/checksum.h"

#include <cstring>
#include <numeric>

namespace sluice::xroot::server {

std::string short_id(const SessionId& id) {
  constexpr std::size_t shown = 6;
  return to_hex(ByteView(id).first(shown));
}

std::size_t SessionRegistry::Hash::operator()(const SessionId& id) const {
  std::size_t value = 0;  // the id is random: any part of it is a hash
  std::memcpy(&value, id.data(), sizeof value);
  return value;
}

void SessionRegistry::insert(const SessionId& id, Entry entry) {
  std::lock_guard lock(mutex_);
  entries_.insert_or_assign(id, std::move(entry));
}

void SessionRegistry::erase(const SessionId& id) {
  std::lock_guard lock(mutex_);
  entries_.erase(id);
}

void SessionRegistry::update(const SessionId& id, std::shared_ptr<const Caller> caller) {
  const std::lock_guard lock(mutex_);
  auto place = entries_.find(id);
  if (place != entries_.end()) place->second.caller = std::move(caller);
}

SessionRegistry::Entry SessionRegistry::find(const SessionId& id) const {
  std::lock_guard lock(mutex_);
  auto place = entries_.find(id);
  return place == entries_.end() ? Entry{} : place->second;
}

std::vector<SessionRegistry::Entry> SessionRegistry::list() const {
  std::lock_guard lock(mutex_);
  std::vector<Entry> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back(entry);
  return all;
}

RequestMetrics::RequestMetrics(Metrics& metrics)
    : bytes_sent(metrics.counter("sluice_xroot_sent_bytes_total", "Bytes sent to clients.")),
      bytes_received(metrics.counter("sluice_xroot_received_bytes_total",
                                     "Bytes of file data received from clients.")),
      signed_requests(metrics.counter("sluice_xroot_signed_requests_total",
                                      "Requests that had to be signed, and were.")),
      connections(metrics.gauge("sluice_xroot_connections", "Open client connections.")),
      open_files(metrics.gauge("sluice_xroot_open_files", "Files that clients hold open.")) {
  for (std::size_t i = 0; i < request_count; ++i) {
    std::string_view name = AllRequests::names[i];
    requests[i].failed = &metrics.counter("sluice_xroot_request_errors_total",
                                          "Requests answered with an error.", {{"request", name}});
    requests[i].seconds = &metrics.histogram("sluice_xroot_request_seconds",
                                             "Time to serve a request.", {{"request", name}});
  }
}

std::uint64_t RequestMetrics::opens() const {
  auto counts = requests[Open::id - first_request_id].seconds->counts();
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Service::Service(ServerConfig settings, const RequestTable& requests, Metrics& metrics,
                 BlockingPool& pool)
    : config(std::move(settings)),
      gatekeeper(auth::Gatekeeper::of_everybody()),
      table(requests),
      blocking(pool),
      counters(metrics) {}

}  // namespace sluice::xroot::server
