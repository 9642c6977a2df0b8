// SPDX-License-Identifier: Apache-2.0
// The test plays systemd: a datagram socket named by NOTIFY_SOCKET.
#include "net/notify.h"

#include "base/fd.h"
#include "base/task_group.h"
#include "base/test/run.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace sluice::net {
namespace {

class Notify : public testing::Test {
 protected:
  void SetUp() override {
    socket_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::unlink(path_.c_str());
  }
  std::string received() {
    std::array<char, 1024> text{};
    ssize_t n = ::recv(socket_.get(), text.data(), text.size(), 0);
    return n < 0 ? std::string("nothing") : std::string(text.data(), static_cast<std::size_t>(n));
  }

  std::string path_ = testing::TempDir() + "notify_test." + std::to_string(::getpid());
  Fd socket_;
};

TEST_F(Notify, states) {
  notify_ready("listening on *:1094");
  EXPECT_EQ(received(), "READY=1\nSTATUS=listening on *:1094");
  notify_status("two\nlines");
  EXPECT_EQ(received(), "STATUS=two lines");
  notify_stopping();
  EXPECT_EQ(received(), "STOPPING=1\nSTATUS=stopping");
}

TEST_F(Notify, no_watchdog_wanted) {
  run(feed_watchdog());
  EXPECT_EQ(received(), "nothing");
}

TEST_F(Notify, watchdog_is_fed_until_cancelled) {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  run(with_task_group([](TaskGroup& group) -> asio::awaitable<void> {
    group.spawn(feed_watchdog());
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(45));
    co_await timer.async_wait(as_value);
    group.cancel();
  }));
  EXPECT_EQ(received(), "WATCHDOG=1");
  EXPECT_EQ(received(), "WATCHDOG=1");
}

TEST(NotifyWithout, systemd_nothing_happens) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready("x");
  notify_stopping();
}

}  // namespace
}  // namespace sluice::net
