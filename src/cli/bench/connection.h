// SPDX-License-Identifier: Apache-2.0
// One client of the generator: it opens its file, and then keeps `depth` operations in flight until
// it is told to stop. Where a server sends it elsewhere, it goes there as clients do: with the CGI of
// the redirect, over a second link that stays. Belongs to the thread of its Worker.
#pragma once

#include "cli/bench/content_check.h"
#include "cli/bench/link.h"
#include "cli/bench/pattern.h"
#include "cli/bench/plan.h"
#include "cli/bench/tally.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::cli::bench {

class Worker;

class Connection {
 public:
  enum class Phase : std::uint8_t { idle, setup, ready, lost };

  Connection(Worker& worker, unsigned index);

  // Towards Phase::ready, or Phase::lost with failure().
  void prepare();
  // Every slot starts its first operation.
  void begin();

  Phase phase() const { return phase_; }
  const std::string& failure() const { return failure_; }
  std::size_t in_flight() const { return in_flight_; }
  std::uint64_t operations() const { return operations_; }
  // When the operation that waits longest was issued; `now` if none waits.
  Clock::time_point oldest(Clock::time_point now) const;

  // For its links.
  void on_login(Link& link);
  void on_arrival(Clock::time_point now) { now_ = now; }
  void on_data(const Answer& answer, ByteView piece);
  void on_answer(Link& link, const Answer& answer, ByteView body);
  // All bytes at hand were looked at.
  void on_received(Link& link);
  // A link ended: a lost one, or an error of this cycle of Mode::connect.
  void on_broken(std::string why);
  // Whether the data of this answer are needed in one piece.
  bool looks_at(const Answer& answer) const;
  bool expects_pages() const { return load().mode == Mode::pgread; }

 private:
  static constexpr unsigned max_hops = 8;  // redirects of one operation

  struct Slot {
    Clock::time_point issued;
    std::vector<Extent> extents;
    std::uint64_t received = 0;
    std::uint32_t handle = 0;
    std::uint8_t step = 0;  // open: open, read, close; a verified write: write, read back
    std::uint8_t hops = 0;  // redirects of this operation
    bool busy = false;
    Link* link = nullptr;  // where the current step goes
    std::string path;
    std::string problem;  // why this operation does not count; empty while all is well
    std::unique_ptr<ContentCheck> check;  // with --verify
  };

  const Workload& load() const { return plan_.load; }
  void lose(std::string why);
  void flush();

  void open_file(Link& link, std::string_view path);
  void on_opened(const Answer& answer, ByteView body);
  Status take_file(ByteView body);
  void on_operation_answer(const Answer& answer, ByteView body);
  // The link to the server that a redirect names, and the path to ask it for.
  Result<Link*> follow(ByteView body, std::string& path);
  std::string next_path();

  void start_operation(std::uint16_t number);
  void issue(std::uint16_t number);
  void issue_connect();
  void issue_read(std::uint16_t number);
  void issue_write(std::uint16_t number);
  void issue_read_back(std::uint16_t number);
  void issue_open_step(std::uint16_t number);
  void issue_create_step(std::uint16_t number);
  std::uint64_t expected_bytes(const Slot& slot) const;
  bool is_read_step(const Slot& slot) const;
  bool has_next_step(const Slot& slot) const;
  std::string problem_of(const Answer& answer, ByteView body, const Slot& slot) const;
  void finish_step(std::uint16_t number, ByteView body);
  void finish_operation(std::uint16_t number);
  void next_cycle();

  Worker& worker_;
  const Plan& plan_;
  const unsigned index_;
  const std::string path_;  // {i} is still in it
  Phase phase_ = Phase::idle;
  bool running_ = false;
  bool cycle_ended_ =
      false;   // Mode::connect: logged in, to be closed when the bytes at hand are through
  Link home_;  // to the server that the URL names
  std::map<std::string, std::unique_ptr<Link>> elsewhere_;  // by HOST:PORT
  Link* serving_ = &home_;                                  // has the open file
  std::string opening_;                                     // its path, with what redirects added
  unsigned hops_ = 0;                                       // redirects while it was opened
  Walk walk_;
  PathNumbers numbers_;
  std::vector<Slot> slots_;
  std::uint32_t handle_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t operations_ = 0;
  Clock::time_point now_;  // when the bytes that are being looked at arrived
  std::string failure_;
};

}  // namespace sluice::cli::bench
