// SPDX-License-Identifier: Apache-2.0
// Where the two sides of a third-party copy meet at its source: the orchestrator announces that a destination will come with
// a key, and holds the announcement by its handle; the destination that shows the key reads that file as the orchestrator
// would. In memory, of one server. Thread-safe.
#pragma once

#include "auth/principal.h"
#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::tpc {

struct Announcement {
  std::string key;
  std::string name;         // of the file, as the orchestrator wrote it, in normal form
  std::string path;         // the same in the words of the server
  std::string destination;  // host
  std::string origin;       // USER.PID of the orchestrator
  std::string origin_peer;  // its address and port here
  std::shared_ptr<const auth::Principal> who;  // as whom the file is read; never null
};

class Rendezvous : public std::enable_shared_from_this<Rendezvous> {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  explicit Rendezvous(Now now = &Clock::now) : now_(std::move(now)) {}
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  static constexpr std::size_t most = 100'000;  // announcements, each of an open handle

  // Holds the announcement as long as it lives.
  class Ticket {
   public:
    Ticket(std::weak_ptr<Rendezvous> table, std::string key, std::uint64_t number)
        : table_(std::move(table)), key_(std::move(key)), number_(number) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();

   private:
    std::weak_ptr<Rendezvous> table_;
    std::string key_;
    std::uint64_t number_;
  };

  // For `lifetime`, until the destination came. The same orchestrator may announce the same file anew. Errors:
  // not_authorized (the key is another's: then neither counts any more), overloaded.
  Result<std::unique_ptr<Ticket>> announce(Announcement announcement,
                                           std::chrono::milliseconds lifetime);

  // What the key was announced for; nothing: it was not, yet. Errc::not_authorized: too late, or of another file or
  // orchestrator; then it does not count any more. `origin` is USER.PID.
  Result<std::optional<Announcement>> find(std::string_view key, std::string_view name,
                                           std::string_view origin);
  // The destination is here and is who was meant: from now on the announcement lives as long as its ticket.
  void meet(std::string_view key);
  void withdraw(std::string_view key);

  std::size_t size() const;

 private:
  struct Entry {
    Announcement announcement;
    std::uint64_t number = 0;
    std::optional<Clock::time_point> ends;  // none: the destination came
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  void release(const std::string& key, std::uint64_t number);

  const Now now_;
  mutable std::mutex mutex_;  // twice per copy
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  std::uint64_t last_number_ = 0;
};

}  // namespace sluice::tpc
