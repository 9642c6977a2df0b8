// SPDX-License-Identifier: Apache-2.0
// Movers under a clock that only the test moves, and clients that open files on one loop.
#pragma once

#include "base/task_group.h"
#include "pool/movers/movers.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <optional>
#include <string>

namespace sluice::pool {

// Of the whole program; a test only ever moves it on.
class ManualClock {
 public:
  static Mover::Clock::time_point now() noexcept { return time_.load(); }
  static void advance(Duration by) { time_ = time_.load() + by; }

 private:
  static inline std::atomic<Mover::Clock::time_point> time_{
      Mover::Clock::time_point(std::chrono::hours(1))};
};

// One open of a file. Lives longer than the context it runs on.
class Client {
 public:
  Client(asio::io_context& context, Movers& movers, MoverRequest request, Mover::OnEnd on_end) {
    asio::co_spawn(
        context, movers.admit(std::move(request), std::move(on_end)),
        asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr thrown,
                                                            Result<std::shared_ptr<Mover>> mover) {
          if (thrown) {
            EXPECT_TRUE(is_cancellation(thrown));
            error_ = Error{Errc::cancelled, "thrown", {}};
          } else if (mover) {
            mover_ = *std::move(mover);
          } else {
            error_ = mover.error();
          }
        }));
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() = default;

  // The client goes away while it waits.
  void cancel() { signal_.emit(asio::cancellation_type::terminal); }
  void close() { mover_.reset(); }

  bool is_open() const { return mover_ != nullptr; }
  bool is_waiting() const { return !mover_ && !error_; }
  Mover& mover() const { return *mover_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  asio::cancellation_signal signal_;
  std::shared_ptr<Mover> mover_;
  std::optional<Error> error_;
};

class MoversTest : public testing::Test {
 protected:
  Client& open(MoverRequest request, Mover::OnEnd on_end = {}) {
    Client& client =
        clients_.emplace_back(*context_, *movers_, std::move(request), std::move(on_end));
    run();
    return client;
  }
  Client& open(std::string queue = {}, Mover::OnEnd on_end = {}) {
    return open(MoverRequest{.file = ++files_, .path = "/f", .queue = std::move(queue)},
                std::move(on_end));
  }
  // Everything that can go on does.
  void run() {
    context_->restart();
    context_->poll();
  }

  void make_queue(std::string_view line) {
    Status made = movers_->create(parse_queue(line).value());
    ASSERT_TRUE(made) << made.error().message();
  }
  // "active/waiting" of a queue.
  std::string load(std::string_view name) const {
    for (const QueueInfo& queue : movers_->queues()) {
      if (queue.settings.name == name) {
        return std::to_string(queue.active) + "/" + std::to_string(queue.waiting);
      }
    }
    return "none";
  }
  MoverId id_of(const Client& client) const { return id_of(client.mover().request().file); }
  MoverId id_of(std::int64_t file) const {
    for (const MoverInfo& mover : movers_->list()) {
      if (mover.request.file == file) return mover.id;
    }
    return {};
  }
  void kill_file(std::int64_t file) {
    Status killed = movers_->kill(id_of(file), "by hand");
    EXPECT_TRUE(killed) << killed.error().message();
  }
  bool has_metric(std::string_view line) const {
    return metrics_.prometheus_text().find(std::string(line) + "\n") != std::string::npos;
  }

  Metrics metrics_;
  std::list<Client> clients_;
  std::optional<asio::io_context> context_{1};
  std::shared_ptr<Movers> movers_ =
      std::make_shared<Movers>(MoverConfig{.max_waiting = 5}, metrics_, &ManualClock::now);
  std::int64_t files_ = 0;
};

}  // namespace sluice::pool
