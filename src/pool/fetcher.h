// SPDX-License-Identifier: Apache-2.0
// Fetches the replicas that the catalogue gave this pool from pools that have them, as a client of theirs.
#pragma once

#include "pool/pool_service.h"
#include "xroot/client/api.h"

#include <chrono>
#include <map>
#include <string>

namespace sluice::pool {

class Fetcher {
 public:
  explicit Fetcher(PoolService& service) : service_(service) {}

  // All that waits now, a few at a time. What fails is tried again in a later round; what finds no room goes to another pool.
  asio::awaitable<void> round();

 private:
  using Clock = std::chrono::steady_clock;

  // Where a file is to be had.
  struct Source {
    catalogue::Entry entry;
    std::string url;  // with the right to read it
    std::string path;
  };

  asio::awaitable<void> fetch_one(catalogue::Replica replica);
  asio::awaitable<void> give_back(catalogue::Replica replica);
  Task<void> fetch(catalogue::Replica replica);
  Result<Source> source_of(FileId file);
  Result<bool> tell_again(const catalogue::Entry& entry);
  Task<void> copy(const Source* source, std::shared_ptr<disk::OpenFile> target,
                  Reservations::Claim* space);
  Task<void> copy_with(xroot::client::Client* client, const Source* source,
                       std::shared_ptr<disk::OpenFile> target, Reservations::Claim* space);

  PoolService& service_;
  struct Failed {
    Clock::time_point not_before;
    int times = 0;
  };
  std::map<FileId, Failed> failed_;
};

}  // namespace sluice::pool
