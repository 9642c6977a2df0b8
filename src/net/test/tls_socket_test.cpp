// SPDX-License-Identifier: Apache-2.0
// Sockets with TLS: the same calls as in clear, over real connections with buffers that are always full.
#include "net/socket.h"
#include "net/test/test_authority.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <random>
#include <thread>

namespace sluice::net {
namespace {

using namespace std::chrono_literals;
using test::Authority;

std::vector<std::byte> noise(std::size_t size) {
  std::minstd_rand random(7);
  std::vector<std::byte> all(size);
  for (std::byte& one : all) one = static_cast<std::byte>(random());
  return all;
}

class TlsSocketTest : public testing::Test {
 protected:
  TlsSocketTest() {
    authority().issue("host");
    server_tls_ = *ServerTls::open({authority().file("host.pem"), authority().file("host.key")});
    tcp::acceptor acceptor(loop_.context(), {asio::ip::address_v4::loopback(), 0});
    acceptor.set_option(asio::socket_base::receive_buffer_size(4096));
    tcp::socket dialled(loop_.context());
    dialled.open(tcp::v4());
    dialled.set_option(asio::socket_base::send_buffer_size(4096));
    dialled.set_option(asio::socket_base::receive_buffer_size(4096));
    dialled.connect(acceptor.local_endpoint());
    tcp::socket accepted = acceptor.accept();
    accepted.set_option(asio::socket_base::send_buffer_size(4096));
    client_.emplace(loop_, std::move(dialled));
    server_.emplace(loop_, std::move(accepted));
  }

  static Authority& authority() {
    static Authority one;
    return one;
  }

  void encrypt() {
    auto server = server_->start_tls(*server_tls_->connection(), {}, 10s);
    auto client = client_->start_tls(*client_tls_.connection("localhost", 1), {}, 10s);
    both(std::move(server), std::move(client));
    ASSERT_TRUE(server_->is_encrypted() && client_->is_encrypted());
  }

  // Runs two coroutines to their ends, which must be good.
  void both(Task<void> one, Task<void> two) {
    int ended = 0;
    for (Task<void>* each : {&one, &two}) {
      spawn_root(loop_.context(), expect(std::move(*each), &ended), [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
    }
    auto end = std::chrono::steady_clock::now() + 30s;
    while (ended < 2 && std::chrono::steady_clock::now() < end) {
      loop_.context().restart();
      loop_.context().run_one_for(1s);
    }
    ASSERT_EQ(ended, 2);
  }

  static asio::awaitable<void> expect(Task<void> body, int* ended) {
    Status done = co_await std::move(body);
    EXPECT_TRUE(done) << done.error().message();
    ++*ended;
  }

  static Task<void> send(Socket* socket, const std::vector<std::byte>* data) {
    for (ByteView rest(*data); !rest.empty();) {
      SLUICE_CO_TRY(std::size_t n, socket->try_send(rest));
      rest = rest.subspan(n);
      if (n == 0 || rest.empty()) SLUICE_CO_CHECK(co_await socket->writable());
    }
    EXPECT_FALSE(socket->has_unsent());
    co_return Status{};
  }

  static Task<void> receive(Socket* socket, std::vector<std::byte>* data) {
    for (ByteSpan rest(*data); !rest.empty();) {
      // Odd sizes, so that records and reads never end together.
      SLUICE_CO_TRY(std::size_t n, co_await socket->receive(
                                       rest.first(std::min<std::size_t>(rest.size(), 10'007))));
      if (n == 0) co_return fail(Errc::connection, "end");
      rest = rest.subspan(n);
    }
    co_return Status{};
  }

  // A file of that content without a name.
  static Fd file_of(const std::vector<std::byte>& data) {
    Fd file(::memfd_create("tls", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), data.data(), data.size()), static_cast<ssize_t>(data.size()));
    return file;
  }

  Budget budget_{64 << 20};
  Loop loop_{0, budget_};
  std::unique_ptr<ServerTls> server_tls_;
  ClientTls client_tls_{authority().directory(), std::chrono::hours(1)};
  std::optional<Socket> client_, server_;
};

TEST_F(TlsSocketTest, CarriesMegabytesThroughSmallBuffers) {
  encrypt();
  auto sent = noise(5 << 20);
  std::vector<std::byte> received(sent.size());
  both(send(&*server_, &sent), receive(&*client_, &received));
  EXPECT_EQ(sent, received);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(TlsSocketTest, CarriesBothDirectionsAtOnce) {
  encrypt();
  auto sent = noise(2 << 20);
  std::vector<std::byte> left(sent.size()), right(sent.size());
  auto one = [&](Socket* socket, std::vector<std::byte>* into) -> Task<void> {
    TaskGroup group(loop_.context().get_executor());
    int ended = 0;
    group.spawn(expect(send(socket, &sent), &ended));
    group.spawn(expect(receive(socket, into), &ended));
    co_await group.join();
    co_return Status{};
  };
  both(one(&*server_, &left), one(&*client_, &right));
  EXPECT_EQ(sent, left);
  EXPECT_EQ(sent, right);
}

TEST_F(TlsSocketTest, SendsFilesBehindTheirHeaders) {
  encrypt();
  auto content = noise(1 << 20);
  Fd file = file_of(content);
  std::vector<std::byte> received(content.size() + 8);
  auto sender = [&]() -> Task<void> {
    SLUICE_CO_TRY(std::size_t head, server_->try_send(as_bytes("12345678"), MSG_MORE));
    EXPECT_EQ(head, 8u);
    EXPECT_TRUE(server_->has_unsent());
    for (std::size_t at = 0; at < content.size();) {
      SLUICE_CO_TRY(std::size_t n, server_->try_sendfile(file.get(), at, content.size() - at));
      at += n;
      if (n == 0) SLUICE_CO_CHECK(co_await server_->writable());
    }
    SLUICE_CO_CHECK(co_await server_->writable());
    EXPECT_EQ(server_->try_sendfile(file.get(), content.size(), 1).error().code, Errc::io);
    co_return Status{};
  };
  both(sender(), receive(&*client_, &received));
  EXPECT_EQ(as_text(ByteView(received).first(8)), "12345678");
  EXPECT_TRUE(std::equal(content.begin(), content.end(), received.begin() + 8));
}

TEST_F(TlsSocketTest, KeepsLittleOfWhatAPeerDoesNotRead) {
  encrypt();
  auto sent = noise(64 << 20);
  std::size_t taken = 0;
  for (int i = 0; i < 100; ++i) taken += *server_->try_send(ByteView(sent).subspan(taken));
  EXPECT_LT(taken, 1u << 20);
  EXPECT_GT(budget_.used(), 0u);
  EXPECT_LT(budget_.used(), 300u << 10);
  EXPECT_TRUE(server_->has_unsent());
}

TEST_F(TlsSocketTest, HeldBytesLeaveWhenNothingFollows) {
  encrypt();
  ASSERT_EQ(*server_->try_send(as_bytes("head"), MSG_MORE), 4u);
  std::vector<std::byte> received(4);
  both(server_->writable(), receive(&*client_, &received));
  EXPECT_EQ(as_text(received), "head");
}

TEST_F(TlsSocketTest, DiscardsAndSeesTheEnd) {
  encrypt();
  auto sent = noise(1 << 20);
  auto taker = [&]() -> Task<void> {
    for (std::size_t left = sent.size(); left > 0;) {
      SLUICE_CO_TRY(std::size_t n, client_->try_discard(left));
      left -= n;
      if (n == 0) SLUICE_CO_CHECK(co_await client_->readable());
    }
    co_return Status{};
  };
  both(send(&*server_, &sent), taker());
  server_.reset();  // says good-bye
  std::array<std::byte, 16> more;
  auto waits = [&]() -> Task<void> {
    auto end = co_await client_->receive(more);
    EXPECT_FALSE(end);
    if (!end) EXPECT_EQ(end.error().detail, "closed by the peer");
    co_return Status{};
  };
  both(waits(), []() -> Task<void> { co_return Status{}; }());
}

// As when the body of a write is received on another thread while answers to earlier requests leave.
TEST_F(TlsSocketTest, StandsAReaderBesideAWriter) {
  encrypt();
  auto sent = noise(3 << 20);
  auto echo = [](Socket* socket, const std::vector<std::byte>* out, std::vector<std::byte>* in) {
    std::size_t taken = 0;
    std::thread reader([&] {
      for (ByteSpan rest(*in); !rest.empty();) {
        auto n = socket->try_receive(rest.first(std::min<std::size_t>(rest.size(), 30'000)));
        ASSERT_TRUE(n);
        rest = rest.subspan(*n);
        if (*n == 0) std::this_thread::yield();
      }
    });
    while (taken < out->size() || socket->has_unsent()) {
      auto n = socket->try_send(ByteView(*out).subspan(taken));
      ASSERT_TRUE(n);
      taken += *n;
      if (*n == 0) std::this_thread::yield();
    }
    reader.join();
  };
  std::vector<std::byte> left(sent.size()), right(sent.size());
  std::thread other([&] { echo(&*client_, &sent, &left); });
  echo(&*server_, &sent, &right);
  other.join();
  EXPECT_EQ(sent, left);
  EXPECT_EQ(sent, right);
}

TEST_F(TlsSocketTest, EndsAHandshakeThatTakesTooLong) {
  auto waits = [&]() -> Task<void> {
    Status done = co_await server_->start_tls(*server_tls_->connection(), {}, 50ms);
    EXPECT_EQ(done.error().code, Errc::timed_out);
    co_return Status{};
  };
  both(waits(), []() -> Task<void> { co_return Status{}; }());
}

TEST_F(TlsSocketTest, RefusesGarbage) {
  auto waits = [&]() -> Task<void> {
    // As bytes that came behind the last request in clear, and over the connection.
    Status done = co_await server_->start_tls(*server_tls_->connection(),
                                              as_bytes("GET / HTTP/1.1\r\n\r\n"), 5s);
    EXPECT_EQ(done.error().code, Errc::connection);
    EXPECT_NE(done.error().detail.find("TLS: http request"), std::string::npos)
        << done.error().detail;
    co_return Status{};
  };
  both(waits(), []() -> Task<void> { co_return Status{}; }());
}

}  // namespace
}  // namespace sluice::net
