// SPDX-License-Identifier: Apache-2.0
// Checksums that are being computed right now: clients that ask for the same one wait for one
// computation, and it ends early when all of them are gone or somebody cancels it.
#pragma once

#include "disk/checksums.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace sluice::disk {

class ChecksumRuns {
 private:
  struct Run {
    std::atomic<bool> cancelled{false};
    unsigned interested = 0;
    bool started = false;
    std::optional<Result<std::string>> result;
    std::condition_variable done;
  };

 public:
  // One client's interest in a checksum; given up when it is destroyed.
  class Interest {
   public:
    Interest(ChecksumRuns& runs, std::shared_ptr<Run> run) : runs_(&runs), run_(std::move(run)) {}
    Interest(const Interest&) = delete;
    Interest& operator=(const Interest&) = delete;
    ~Interest() { give_up(); }
    // Safe from any thread; when nobody else is interested the computation ends.
    void give_up();

   private:
    friend class ChecksumRuns;
    ChecksumRuns* runs_;
    std::shared_ptr<Run> run_;
    bool given_up_ = false;
  };

  explicit ChecksumRuns(std::shared_ptr<FileTree> tree) : tree_(std::move(tree)) {}

  std::unique_ptr<Interest> ask(const LogicalPath& path, std::string_view type);
  // Computes it, or waits for whoever does. Blocks.
  Result<std::string> get(Interest& interest, const LogicalPath& path, std::string_view type);
  // Ends the computations for a path, whatever their type (kXR_Qckscan).
  void cancel(const LogicalPath& path);

 private:
  using Key = std::pair<std::string, std::string>;  // path, type

  const std::shared_ptr<FileTree> tree_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Run>> runs_;
};

}  // namespace sluice::disk
