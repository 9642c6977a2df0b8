// SPDX-License-Identifier: Apache-2.0
// Inbox, Outbox and Body on a real pair of TCP sockets that one thread drives.
#include "xroot/server/channel.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace sluice::xroot::server {
namespace {

using tcp = asio::ip::tcp;

class ChannelTest : public testing::Test {
 protected:
  ChannelTest() {
    tcp::acceptor acceptor(loop_.context(), {asio::ip::address_v4::loopback(), 0});
    client_.connect(acceptor.local_endpoint());
    channel_ = std::make_unique<Channel>(net::Socket(loop_, acceptor.accept()));
  }

  void client_sends(std::string_view text) { asio::write(client_, asio::buffer(text)); }
  std::string client_receives(std::size_t n) {
    std::string text(n, '\0');
    asio::read(client_, asio::buffer(text));
    return text;
  }

  // Runs `body` to its end on the loop.
  template <class T>
  T run(asio::awaitable<T> body) {
    std::optional<T> result;
    spawn_root(loop_.context(), keep(std::move(body), &result), [](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
    while (!result) {
      loop_.context().restart();
      loop_.context().run_one_for(std::chrono::seconds(10));
    }
    return std::move(*result);
  }

  net::Budget budget_{64 << 20};
  net::Loop loop_{0, budget_};
  tcp::socket client_{loop_.context()};
  std::unique_ptr<Channel> channel_;

 private:
  template <class T>
  static asio::awaitable<void> keep(asio::awaitable<T> body, std::optional<T>* result) {
    result->emplace(co_await std::move(body));
  }
};

TEST_F(ChannelTest, InboxWaitsForAsManyBytesAsARequestNeeds) {
  client_sends("hello");
  ASSERT_TRUE(run(channel_->in.fill(5)));
  EXPECT_EQ(as_text(channel_->in.bytes()), "hello");
  channel_->in.consume(3);
  client_sends(" world");
  ASSERT_TRUE(run(channel_->in.fill(8)));
  EXPECT_EQ(as_text(channel_->in.bytes()), "lo world");
}

TEST_F(ChannelTest, InboxHoldsARequestThatIsLongerThanItsOwnBuffer) {
  std::string request(20'000, 'r');
  client_sends(request);
  ASSERT_TRUE(run(channel_->in.fill(request.size())));
  EXPECT_EQ(as_text(channel_->in.bytes()), request);
}

TEST_F(ChannelTest, InboxTellsTheEndOfTheStream) {
  client_sends("par");
  client_.shutdown(tcp::socket::shutdown_send);
  EXPECT_FALSE(run(channel_->in.fill(4)));
}

TEST_F(ChannelTest, InboxParksWhatOneReceiveBroughtBeyondItsBuffer) {
  std::string batch;
  for (int i = 0; i < 300; ++i) batch += fmt::format("{:08}", i);
  client_sends(batch);
  ASSERT_TRUE(run(channel_->in.fill(8)));
  while (channel_->in.top_up()) {
  }
  channel_->in.consume(8);
  channel_->in.park();
  std::ranges::fill(loop_.in(), std::byte{'?'});  // the loop serves somebody else
  EXPECT_EQ(as_text(channel_->in.bytes()), std::string_view(batch).substr(8));
}

TEST_F(ChannelTest, OutboxSendsABatchInOrder) {
  channel_->out.append({{}, ResponseStatus::ok, 3}, as_bytes("one"));
  channel_->out.append({{}, ResponseStatus::ok, 3}, as_bytes("two"));
  channel_->out.flush();
  EXPECT_TRUE(channel_->out.clear());
  std::string got = client_receives(22);
  EXPECT_EQ(got.substr(8, 3), "one");
  EXPECT_EQ(got.substr(19, 3), "two");
}

Task<int> answer_during_a_turn(Channel* channel, std::string bulk) {
  std::optional<Outbox::Turn> turn;
  {
    auto taken = co_await channel->out.take_turn();
    if (!taken) co_return fail(Errc::connection);
    turn.emplace(std::move(*taken));
  }
  SLUICE_CO_CHECK(
      co_await channel->out.send_all(as_bytes(std::string_view(bulk).substr(0, 5)), true));
  channel->out.append({{}, ResponseStatus::ok, 5}, as_bytes("small"));
  channel->out.flush();  // must not land in the middle of the bulk answer
  SLUICE_CO_CHECK(
      co_await channel->out.send_all(as_bytes(std::string_view(bulk).substr(5)), false));
  turn.reset();
  SLUICE_CO_CHECK(co_await channel->out.drain());
  co_return 1;
}

TEST_F(ChannelTest, AnswersWaitWhileSomebodyHasTheTurn) {
  ASSERT_TRUE(run(answer_during_a_turn(channel_.get(), "bulk-answer")));
  std::string got = client_receives(11 + 8 + 5);
  EXPECT_EQ(got.substr(0, 11), "bulk-answer");
  EXPECT_EQ(got.substr(19), "small");
}

TEST_F(ChannelTest, OutboxKeepsWhatTheKernelDoesNotTake) {
  std::string body(60'000, 'b');
  std::size_t frames = 0;
  while (!channel_->out.behind()) {
    channel_->out.append({{}, ResponseStatus::ok, static_cast<std::int32_t>(body.size())},
                         as_bytes(body));
    ++frames;
  }
  EXPECT_FALSE(channel_->out.clear());
  std::thread reader([&] { client_receives(frames * (body.size() + 8)); });
  EXPECT_TRUE(run(channel_->out.drain()));
  reader.join();
  EXPECT_TRUE(channel_->out.clear());
}

Task<std::string> collect(Channel* channel, std::uint64_t size) {
  Body body(*channel, size);
  std::string all;
  std::array<std::byte, 1000> piece;
  while (body.left() > 0) {
    SLUICE_CO_TRY(std::size_t n, co_await body.receive(piece));
    all += as_text(ByteView(piece).first(n));
  }
  co_return all;
}

TEST_F(ChannelTest, BodyTakesItsOwnBytesAndLeavesTheNextRequest) {
  std::string data(5000, 'd');
  client_sends("head" + data + "next");
  ASSERT_TRUE(run(channel_->in.fill(4)));
  channel_->in.consume(4);
  auto got = run(collect(channel_.get(), data.size()));
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, data);
  ASSERT_TRUE(run(channel_->in.fill(4)));
  EXPECT_EQ(as_text(channel_->in.bytes()), "next");
}

asio::awaitable<Status> discard(Channel* channel, std::uint64_t size) {
  Body body(*channel, size);
  co_return co_await body.discard();
}

TEST_F(ChannelTest, DiscardedDataAreGone) {
  std::thread writer([&] { client_sends(std::string(3'000'000, 'd') + "next"); });
  EXPECT_TRUE(run(discard(channel_.get(), 3'000'000)));
  writer.join();
  ASSERT_TRUE(run(channel_->in.fill(4)));
  EXPECT_EQ(as_text(channel_->in.bytes()), "next");
}

TEST_F(ChannelTest, BodyOfALostConnectionIsAnError) {
  client_sends("abc");
  client_.close();
  auto got = run(collect(channel_.get(), 10));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::connection);
}

}  // namespace
}  // namespace sluice::xroot::server
