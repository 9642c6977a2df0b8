// SPDX-License-Identifier: Apache-2.0
// Tells the other processes of a catalogue on PostgreSQL what this one changed, and hears of their changes (LISTEN, NOTIFY).
// A connection and a thread of its own: changes are told right after their commit, in as few statements as possible and not in
// the transactions, which would have to commit one after the other for it. A process that dies in between tells nothing; for
// that time entries that are kept have an age. Thread-safe.
#pragma once

#include "base/fd.h"
#include "catalogue/lookup_cache.h"

#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace sluice::catalogue {

class ChangeFeed {
 public:
  // `target` as libpq takes it. `cache` forgets what others changed, and keeps nothing while they cannot be heard; null: only
  // tell.
  ChangeFeed(std::string target, LookupCache* cache);
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;
  // Tells what is left to tell, if the database can be reached.
  ~ChangeFeed();

  // Never waits.
  void tell(std::span<const Mark> marks);

 private:
  class Connection;
  struct Work {
    std::vector<Mark> marks;
    bool is_last = false;
  };

  void run();
  // Until the connection is lost or nothing is left to be done.
  void serve(Connection& connection);
  static bool tell_all(Connection& connection, std::span<const Mark> marks);
  Work take();
  bool has_work();
  bool is_over();
  // Until there is something to tell, the server says something, or the time is over. `socket` may be -1.
  void wait(int socket, int milliseconds);

  const std::string target_;
  LookupCache* const cache_;
  Fd wake_;
  std::mutex mutex_;
  std::vector<Mark> waiting_;
  bool stopping_ = false;
  bool owes_everything_ = false;  // a connection broke before all was told
  std::thread thread_;
};

// Marks as text and back. What is no mark is left out.
std::string marks_to_text(std::span<const Mark> marks);
std::vector<Mark> marks_of_text(std::string_view text);

}  // namespace sluice::catalogue
