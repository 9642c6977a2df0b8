// SPDX-License-Identifier: Apache-2.0
// The requests in flight of one session, by stream id. An id stays taken until its answer is
// complete, even when nobody waits for it any more, so that a late answer is never given to another
// request.
#pragma once

#include "xroot/client/call.h"
#include "xroot/protocol.h"

#include <chrono>
#include <cstdint>
#include <vector>

namespace sluice::xroot::client {

class Calls {
 public:
  using Time = std::chrono::steady_clock::time_point;

  enum class Phase : std::uint8_t { free, queued, sending, sent };
  struct Slot {
    Call* call = nullptr;  // null: nobody waits any more
    Phase phase = Phase::free;
    bool is_answered = false;
    Time deadline{};
    Time last_deadline{};  // the farthest that kXR_waitresp may move it
  };

  // `limit`: how many may be in flight; as many again may wait for answers that nobody wants any
  // more.
  Calls(asio::any_io_executor executor, std::size_t limit);
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;
  ~Calls();

  bool has_room() const { return !free_.empty() && active_ < limit_; }
  // Waits until there is room; the caller asks has_room() again, since somebody else may have been
  // faster.
  asio::awaitable<void> room() { return room_.wait(); }
  // Many requests were given up and never answered.
  bool is_stuck() const { return free_.empty(); }
  bool is_idle() const { return active_ == 0; }

  // Takes an id for `call`; only when has_room(). The server's answer to the hello has id 0, see
  // hello_id.
  std::uint16_t add(Call& call, Time now);
  static constexpr std::uint16_t hello_id = 0;
  void add_hello(Call& call, Time now);

  // Null for an id that no request of ours has.
  Slot* find(std::uint16_t id);
  Slot& at(std::uint16_t id) { return slots_[id]; }

  void sending(std::uint16_t id);
  void sent(std::uint16_t id);
  // Bytes of the answer arrived or bytes of the request left.
  void progressed(std::uint16_t id, Time now);
  // kXR_waitresp: the answer will come within `time`.
  void deferred(std::uint16_t id, Duration time, Time now);
  // The last frame of an answer. The Call ends when its request has left completely as well.
  void answered(std::uint16_t id, Result<Answer> answer);
  // Takes an id back whose request never left.
  void release_unsent(std::uint16_t id);

  void abandon(Call& call);
  void fail_all(const Error& error);
  // Ends the calls whose time is over. True when one of them means that the server is dead.
  bool expire(Time now);

 private:
  void end(std::uint16_t id);
  void free_slot(std::uint16_t id);

  std::size_t limit_;
  std::size_t active_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint16_t> free_;
  Event room_;
};

}  // namespace sluice::xroot::client
