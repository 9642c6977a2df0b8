// SPDX-License-Identifier: Apache-2.0
// One connection of the generator: it logs in, opens its file, and then keeps `depth` operations in
// flight until it is told to stop. Belongs to the thread of its Worker; edge-triggered, so every
// event works until the socket would block.
#pragma once

#include "base/fd.h"
#include "cli/bench/answer_parser.h"
#include "cli/bench/content_check.h"
#include "cli/bench/pattern.h"
#include "cli/bench/plan.h"
#include "cli/bench/send_queue.h"
#include "cli/bench/tally.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::cli::bench {

class Worker;

class Connection final : private AnswerVisitor {
 public:
  enum class Phase : std::uint8_t { idle, hello, login, opening, ready, lost };

  Connection(Worker& worker, unsigned index);

  // Towards Phase::ready, or Phase::lost with failure().
  void prepare();
  // Every slot starts its first operation.
  void begin();
  void on_event();

  Phase phase() const { return phase_; }
  const std::string& failure() const { return failure_; }
  std::size_t in_flight() const { return in_flight_; }
  std::uint64_t operations() const { return operations_; }
  // When the operation that waits longest was issued; `now` if none waits.
  Clock::time_point oldest(Clock::time_point now) const;

 private:
  struct Slot {
    Clock::time_point issued;
    std::vector<Extent> extents;
    std::uint64_t received = 0;
    std::uint32_t handle = 0;
    std::uint8_t step = 0;  // open: open, read, close; a verified write: write, read back
    bool busy = false;
    std::string problem;  // why this operation does not count; empty while all is well
    std::unique_ptr<ContentCheck> check;  // with --verify
  };

  const Workload& load() const { return plan_.load; }
  Status open_socket();
  void lose(std::string why);
  // The connection ended: a lost one, or an error of this cycle of Mode::connect.
  void on_broken(std::string why);

  void receive();
  bool receive_once();
  void flush();
  std::size_t receive_limit() const;

  void on_data(const Answer& answer, ByteView piece) override;
  void on_end(const Answer& answer) override;
  void on_setup_answer(const Answer& answer);
  void on_operation_answer(const Answer& answer);
  void after_login(const Answer& answer);
  Status take_file();
  bool is_captured(const Answer& answer) const;

  void start_operation(std::uint16_t number);
  void issue(std::uint16_t number);
  void issue_connect();
  void issue_read(std::uint16_t number);
  void issue_write(std::uint16_t number);
  void issue_read_back(std::uint16_t number);
  void issue_open_step(std::uint16_t number);
  std::uint64_t expected_bytes(const Slot& slot) const;
  bool is_read_step(const Slot& slot) const;
  bool has_next_step(const Slot& slot) const;
  std::string refusal(const Answer& answer) const;
  std::string problem_of(const Answer& answer, const Slot& slot) const;
  void finish_step(std::uint16_t number);
  void finish_operation(std::uint16_t number);
  void next_cycle();

  Worker& worker_;
  const Plan& plan_;
  const unsigned index_;
  const std::string path_;
  const bool drops_data_;  // answers are large and nobody looks at them
  Phase phase_ = Phase::idle;
  bool running_ = false;
  unsigned hello_answers_ = 0;
  bool cycle_ended_ =
      false;  // Mode::connect: logged in, to be closed when the bytes at hand are through
  Fd socket_;
  AnswerParser parser_;
  SendQueue out_;
  Walk walk_;
  std::vector<Slot> slots_;
  std::vector<std::byte> captured_;  // the data of the current answer, where they are looked at
  std::uint32_t handle_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t operations_ = 0;
  Clock::time_point now_;  // when the bytes that are being looked at arrived
  std::string failure_;
};

}  // namespace sluice::cli::bench
