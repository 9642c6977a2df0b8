// SPDX-License-Identifier: Apache-2.0
// What happens when servers go away: who is asked again, what is repeated, and what is not.
#include "xroot/client/test/fake_door.h"
#include "xroot/client/test/use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::xroot::client {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string some_stat = "1 42 16 1700000000";

long count(const FakeDoor& door, std::string_view start) {
  return std::ranges::count_if(
      door.log(), [start](const std::string& line) { return line.starts_with(start); });
}

TEST(Recovery, RepeatsWhatMayBeRepeated) {
  FakeDoor door([](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (connection.index == 0) return;  // lost with the request in hand
      connection.ok(*request, some_stat);
    }
  });
  EXPECT_TRUE(succeeded(use([&](Client& client) { return client.stat(door.url()); })));
  EXPECT_EQ(count(door, "stat"), 2);
}

TEST(Recovery, DoesNotRepeatWhatMayHaveBeenDone) {
  FakeDoor door([](FakeConnection& connection) {
    if (connection.log_in()) connection.next_real();
  });
  auto status = use([&](Client& client) { return client.rm(door.url()); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::connection);
  EXPECT_EQ(count(door, "rm"), 1);
}

TEST(Recovery, EndsTheOldSessionFirst) {
  FakeDoor door([](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next()) {
      if (request->id == Endsess::id) {
        EXPECT_EQ(request->fixed[0], std::byte{0xa0});  // the session of connection 0
        connection.ok(*request);
        continue;
      }
      if (connection.index == 0) return;
      connection.ok(*request, some_stat);
    }
  });
  EXPECT_TRUE(succeeded(use([&](Client& client) { return client.stat(door.url()); })));
  EXPECT_EQ(count(door, "endsess"), 1);
}

TEST(Recovery, GivesUpOnARequestThatKillsServers) {
  FakeDoor door([](FakeConnection& connection) {
    if (connection.log_in()) connection.next_real();
  });
  auto info = use([&](Client& client) { return client.stat(door.url()); });
  EXPECT_EQ(info.error().code, Errc::connection);
  EXPECT_LE(count(door, "stat"), 6);
}

// A data server whose first connections lose the client after some bytes of an answer.
FakeDoor::Script dropping_server(const std::string& content, int drops, std::size_t sent_before) {
  return [&content, drops, sent_before](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        connection.open_ok(*request, 7, content.size());
        continue;
      }
      auto read = Read::decode(request->fixed, {});
      std::string_view part = std::string_view(content).substr(read->offset, read->length);
      if (connection.index < drops) {
        Body out;
        encode_frame(out, request->stream, ResponseStatus::ok,
                     [&](Body& to) { Writer(to).text(part); });
        connection.send(ByteView(out).first(std::min(out.size(), sent_before)));
        return;
      }
      connection.ok(*request, part);
    }
  };
}

Task<std::string> read_all(Client& client, std::string url, std::size_t size, Integrity integrity) {
  OpenOptions options;
  options.integrity = integrity;
  SLUICE_CO_TRY(File file, co_await client.open(url, options));
  std::string data(size, '?');
  SLUICE_CO_TRY(std::size_t n, co_await file.read(0, span_of(data)));
  data.resize(n);
  co_return data;
}

TEST(Recovery, OpensAFileAgainWhenItsServerIsLostWithinAnAnswer) {
  std::string content = pattern(1U << 20);
  FakeDoor server(dropping_server(content, 2, 300'000));
  auto data = use([&](Client& client) {
    return read_all(client, server.url(), content.size(), Integrity::none);
  });
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
  EXPECT_EQ(count(server, "open"), 3);
}

TEST(Recovery, OpensAFileAgainAtItsDoor) {
  std::string content = pattern(100'000);
  FakeDoor first(dropping_server(content, 1000, 5'000));
  FakeDoor second(dropping_server(content, 0, 0));
  std::atomic<int> opens = 0;
  FakeDoor door([&](FakeConnection& connection) {
    connection.flags = server_flag::is_manager;
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      connection.redirect(*request, opens++ == 0 ? first.port() : second.port(), "127.0.0.1");
    }
  });
  auto data = use([&](Client& client) {
    return read_all(client, door.url(), content.size(), Integrity::none);
  });
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
  EXPECT_EQ(opens, 2);
}

TEST(Recovery, LooksForAnotherReplicaWhenADiskFails) {
  std::string content = pattern(100'000);
  FakeDoor broken([&](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        connection.open_ok(*request, 7, content.size());
      } else {
        connection.error(*request, Errc::io, "bad sector");
      }
    }
  });
  FakeDoor healthy(dropping_server(content, 0, 0));
  FakeDoor door([&](FakeConnection& connection) {
    connection.flags = server_flag::is_manager;
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      bool again = request->text().find("tried=127.0.0.1&triedrc=ioerr") != std::string::npos;
      connection.redirect(*request, again ? healthy.port() : broken.port(), "127.0.0.1");
    }
  });
  auto data = use([&](Client& client) {
    return read_all(client, door.url(), content.size(), Integrity::none);
  });
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
}

TEST(Recovery, ReportsADiskThatFailsWithoutADoor) {
  FakeDoor broken([&](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        connection.open_ok(*request, 7, 100);
      } else {
        connection.error(*request, Errc::io, "bad sector");
      }
    }
  });
  auto data =
      use([&](Client& client) { return read_all(client, broken.url(), 100, Integrity::none); });
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code, Errc::io);
  EXPECT_THAT(data.error().detail, HasSubstr("bad sector"));
}

// ---- writes --------------------------------------------------------------------------------------------------------

// Takes writes; loses the client at the first write on its first connection. Tells `size` when opened again.
FakeDoor::Script forgetful_server(std::uint64_t size_after) {
  return [size_after](FakeConnection& connection) {
    connection.flags = server_flag::is_server;
    if (!connection.log_in()) return;
    int writes = 0;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        auto open = Open::decode(request->fixed, request->payload);
        EXPECT_EQ(open->flags.create, connection.index == 0);
        EXPECT_TRUE(open->flags.update);
        connection.open_ok(*request, 7, connection.index == 0 ? 0 : size_after);
        continue;
      }
      if (connection.index == 0 && ++writes == 2) return;
      connection.ok(*request);
    }
  };
}

Task<void> write_twice(Client& client, std::string url, OpenOptions options) {
  options.write = true;
  options.create = Create::new_file;
  SLUICE_CO_TRY(File file, co_await client.open(url, options));
  std::string data(1000, 'x');
  SLUICE_CO_CHECK(co_await file.write(0, as_bytes(data)));
  SLUICE_CO_CHECK(co_await file.write(1000, as_bytes(data)));
  co_return co_await file.close();
}

TEST(Recovery, RepeatsWritesOnAFileThatStillHasItsData) {
  FakeDoor server(forgetful_server(1000));
  EXPECT_TRUE(
      succeeded(use([&](Client& client) { return write_twice(client, server.url(), {}); })));
  EXPECT_EQ(count(server, "write"), 3);
}

TEST(Recovery, NoticesThatAcknowledgedDataAreGone) {
  FakeDoor server(forgetful_server(0));
  auto status = use([&](Client& client) { return write_twice(client, server.url(), {}); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::io);
}

TEST(Recovery, LeavesPoscFilesAlone) {
  FakeDoor server(forgetful_server(1000));
  OpenOptions options;
  options.posc = true;
  EXPECT_FALSE(use([&](Client& client) { return write_twice(client, server.url(), options); }));
  EXPECT_EQ(count(server, "open"), 1);
}

TEST(Recovery, LeavesWritesAloneWhenToldSo) {
  FakeDoor server(forgetful_server(1000));
  OpenOptions options;
  options.recover_writes = false;
  EXPECT_FALSE(use([&](Client& client) { return write_twice(client, server.url(), options); }));
  EXPECT_EQ(count(server, "open"), 1);
}

// ---- life signs ----------------------------------------------------------------------------------------------------

asio::awaitable<void> wait_for(Duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(as_value);
}

TEST(Recovery, PingsAConnectionThatIsSilent) {
  FakeDoor door([](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next())
      connection.ok(*request, request->id == Ping::id ? "" : some_stat);
  });
  ClientOptions options;
  options.timeouts.keepalive = 20ms;
  auto status = use(options, [&](Client& client) -> Task<void> {
    SLUICE_CO_CHECK(co_await client.stat(door.url()));
    for (int i = 0; i < 200 && count(door, "ping") < 2; ++i) co_await wait_for(10ms);
    co_return Status{};
  });
  EXPECT_TRUE(succeeded(status));
  EXPECT_GE(count(door, "ping"), 2);
}

asio::awaitable<void> read_into(File* file, std::string* into, Result<std::size_t>* result) {
  *result = co_await file->read(0, span_of(*into));
}

// A read is given up in the middle of its answer; the connection and the other requests go on.
TEST(Recovery, ACancelledReadHarmsNobody) {
  std::string content = pattern(200'000);
  FakeDoor server([&](FakeConnection& connection) {
    connection.flags = server_flag::is_server;
    if (!connection.log_in()) return;
    std::optional<FakeRequest> halved;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        connection.open_ok(*request, 7, content.size());
      } else if (request->id == Read::id && !halved) {
        halved = request;
        Body out;
        encode_frame(out, request->stream, ResponseStatus::ok,
                     [&](Body& to) { Writer(to).text(content); });
        connection.send(ByteView(out).first(100'000));
      } else if (request->id == Ping::id) {
        connection.ok(*request);
      } else {
        if (halved) connection.send(as_bytes(std::string_view(content).substr(100'000 - 8)));
        halved.reset();
        connection.ok(*request, some_stat);
      }
    }
  });
  auto status = use([&](Client& client) -> Task<void> {
    SLUICE_CO_TRY(File file, co_await client.open(server.url()));
    auto into = std::make_unique<std::string>(content.size(), '?');
    Result<std::size_t> result = fail(Errc::cancelled);
    bool was_cancelled = false;
    co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
      group.spawn(read_into(&file, into.get(), &result));
      while (count(server, "read") == 0) co_await wait_for(5ms);
      co_await wait_for(50ms);
      group.cancel();
      was_cancelled = true;
    });
    EXPECT_TRUE(was_cancelled);
    into.reset();  // nobody may write there any more
    SLUICE_CO_CHECK(co_await client.stat(server.url()));
    EXPECT_EQ(server.connections(), 1);
    co_return Status{};
  });
  EXPECT_TRUE(succeeded(status));
}

asio::awaitable<void> stat_into(Client* client, std::string url, Result<FileInfo>* result) {
  *result = co_await client->stat(url);
}

TEST(Recovery, AClosedClientLetsNobodyWait) {
  FakeDoor door([](FakeConnection& connection) {
    if (connection.log_in()) connection.idle();
  });
  Result<FileInfo> result = fail(Errc::io);
  run(with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
    auto client = std::make_unique<Client>(group, ClientOptions{});
    group.spawn(stat_into(client.get(), door.url(), &result));
    while (count(door, "stat") == 0) co_await wait_for(5ms);
  }));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace sluice::xroot::client
