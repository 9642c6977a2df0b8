// SPDX-License-Identifier: Apache-2.0
// Movers from many loops at once; what ThreadSanitizer looks at.
#include "base/log.h"
#include "base/task_group.h"
#include "pool/movers/movers.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace sluice::pool {
namespace {

constexpr int loops = 4;

asio::awaitable<void> turn() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

class MoversStress : public testing::Test {
 protected:
  // Every client learns of one slot for each of its movers, to count how often its end was told.
  struct Seen {
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> opened{0};
    std::atomic<int> told{0};
    std::atomic<int> told_twice{0};
  };

  void SetUp() override { ASSERT_TRUE(configure_logging(LogFormat::logfmt, "warn")); }
  void TearDown() override { ASSERT_TRUE(configure_logging(LogFormat::logfmt, "info")); }

  // A thread for each loop runs `body` to its end.
  template <class Body>
  static void on_loops(Body body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < loops; ++i) {
      threads.emplace_back([body] {
        asio::io_context context(1);
        spawn_root(context, body(), [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); });
        context.run();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void expect_empty() const {
    for (const QueueInfo& queue : movers_->queues()) {
      EXPECT_EQ(queue.active, 0U) << queue.settings.name;
      EXPECT_EQ(queue.waiting, 0U) << queue.settings.name;
    }
    EXPECT_TRUE(movers_->list().empty());
  }

  Metrics metrics_;
  std::shared_ptr<Movers> movers_ = std::make_shared<Movers>(MoverConfig{}, metrics_);
  Seen seen_;
};

// Opens a file, uses it for a few turns of its loop, closes it; `rounds` times.
template <class Seen>
asio::awaitable<void> open_and_close(Movers* movers, Seen* seen, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    auto told = std::make_shared<std::atomic<int>>(0);
    auto mover = co_await movers->admit({.file = i}, [seen, told] {
      ++seen->told;
      if (++*told == 2) ++seen->told_twice;
    });
    if (!mover) continue;
    ++seen->opened;
    int inside = ++seen->inside;
    int most = seen->most;
    while (most < inside && !seen->most.compare_exchange_weak(most, inside)) {
    }
    for (int k = 0; k < 3 && !(*mover)->ended(); ++k) {
      (*mover)->count(1);
      co_await turn();
    }
    if ((*mover)->ended()) EXPECT_FALSE((*mover)->why().empty());
    --seen->inside;
  }
}

TEST_F(MoversStress, never_more_than_allowed) {
  constexpr int clients = 12;
  constexpr int rounds = 200;
  ASSERT_TRUE(movers_->set_max_active(regular_queue, 5));
  on_loops([this] {
    return with_task_group([this](TaskGroup& group) -> asio::awaitable<void> {
      for (int i = 0; i < clients; ++i) {
        group.spawn(open_and_close(movers_.get(), &seen_, rounds));
      }
      co_return;
    });
  });
  EXPECT_EQ(seen_.opened, loops * clients * rounds);
  EXPECT_EQ(seen_.most, 5);
  expect_empty();
}

// Clients come and go, lose patience and are killed, while their queue changes under them.
TEST_F(MoversStress, everything_at_once) {
  std::atomic<bool> is_over{false};
  std::thread administrator([this, &is_over] {
    std::minstd_rand random(1);  // NOLINT: the same on every run
    while (!is_over) {
      std::vector<MoverInfo> all = movers_->list();
      if (!all.empty()) (void)movers_->kill(all[random() % all.size()].id, "by hand");
      EXPECT_TRUE(movers_->set_max_active(regular_queue, random() % 6));
      auto order = random() % 2 == 0 ? QueueOrder::fifo : QueueOrder::lifo;
      EXPECT_TRUE(movers_->set_order(regular_queue, order));
      EXPECT_TRUE(movers_->set_timeouts(regular_queue, Duration(random() % 3), Duration(50)));
      movers_->sweep();
      std::this_thread::yield();
    }
  });
  auto waves = [this]() -> asio::awaitable<void> {
    for (int wave = 0; wave < 3; ++wave) {
      co_await with_task_group([this, wave](TaskGroup& group) -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) group.spawn(open_and_close(movers_.get(), &seen_, 3));
        for (int i = 0; i < 3 * wave; ++i) co_await turn();
        group.cancel();
      });
    }
  };
  for (int round = 0; round < 30; ++round) on_loops(waves);
  is_over = true;
  administrator.join();
  EXPECT_GT(seen_.opened, 0);
  EXPECT_GT(seen_.told, 0);
  EXPECT_EQ(seen_.told_twice, 0);
  expect_empty();
}

// The last of many opens is cancelled, and its loop gone, while the others are still being told of their places.
TEST_F(MoversStress, a_loop_may_end_as_soon_as_its_open_has_a_place) {
  constexpr std::uint32_t opens = 1000;
  ASSERT_TRUE(movers_->set_max_active(regular_queue, 0));
  asio::io_context context(1);
  for (std::uint32_t i = 0; i < opens; ++i) {
    spawn_root(context, open_and_close(movers_.get(), &seen_, 1), [](std::exception_ptr) {});
  }
  context.poll();
  std::atomic<bool> is_waiting{false};
  std::thread last([this, &is_waiting] {
    asio::cancellation_signal signal;
    asio::io_context short_lived(1);
    asio::co_spawn(short_lived, open_and_close(movers_.get(), &seen_, 1),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
    short_lived.poll();
    is_waiting = true;
    while (movers_->queues().front().waiting > 0) std::this_thread::yield();
    signal.emit(asio::cancellation_type::terminal);
    short_lived.run();
  });
  while (!is_waiting) std::this_thread::yield();
  ASSERT_TRUE(movers_->set_max_active(regular_queue, opens + 1));
  last.join();
  context.restart();
  context.run();
  expect_empty();
}

}  // namespace
}  // namespace sluice::pool
