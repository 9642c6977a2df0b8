// SPDX-License-Identifier: Apache-2.0
// What servers may do within the protocol: redirects, waits, deferred answers, partial answers, damaged pages, login.
#include "xroot/client/standard_credentials.h"
#include "xroot/client/test/fake_door.h"
#include "xroot/client/test/use.h"
#include "xroot/stat_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::xroot::client {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string some_stat = "1 42 16 1700000000";

std::string port_text(const FakeDoor& door) { return std::to_string(door.port()); }

FakeDoor::Script manager(std::function<void(FakeConnection&, const FakeRequest&)> answer) {
  return [answer](FakeConnection& connection) {
    connection.flags = server_flag::is_manager;
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) answer(connection, *request);
  };
}

FakeDoor::Script pool(std::function<void(FakeConnection&, const FakeRequest&)> answer) {
  return [answer](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) answer(connection, *request);
  };
}

auto stat_ok = [](FakeConnection& connection, const FakeRequest& request) {
  connection.ok(request, some_stat);
};

Result<FileInfo> stat_at(const std::string& url, ClientOptions options = {}) {
  return use(std::move(options), [&](Client& client) { return client.stat(url); });
}

// ---- redirects -----------------------------------------------------------------------------------------------------

TEST(Redirect, MergesTheOpaqueTextAndTakesTheLoginToken) {
  FakeDoor data(pool(stat_ok));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    connection.redirect(request, data.port(), "127.0.0.1?cap=1&mine=new?token=secret");
  }));
  auto info = stat_at(door.url("/file?mine=old&other=x"));
  ASSERT_TRUE(succeeded(info));
  EXPECT_EQ(info->size, 42U);
  EXPECT_THAT(door.log(), Contains("stat /file?mine=old&other=x"));
  EXPECT_THAT(data.log(), Contains("stat /file?other=x&cap=1&mine=new"));
  EXPECT_THAT(data.log(),
              Contains(testing::AllOf(testing::StartsWith("login "), HasSubstr("&token=secret"))));
}

TEST(Redirect, TakesAWholeUrl) {
  FakeDoor data(pool(stat_ok));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    connection.redirect(request, -1, "root://127.0.0.1:" + port_text(data) + "//elsewhere?cap=1");
  }));
  ASSERT_TRUE(succeeded(stat_at(door.url())));
  EXPECT_THAT(data.log(), Contains("stat /elsewhere?cap=1"));
}

TEST(Redirect, EndsAfterSixteen) {
  FakeDoor* self = nullptr;
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    connection.redirect(request, self->port(), "127.0.0.1");
  }));
  self = &door;
  auto info = stat_at(door.url());
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Errc::redirect_loop);
  EXPECT_EQ(std::ranges::count(door.log(), "stat /file"), 17);
}

TEST(Redirect, ObeysThePolicy) {
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    bool to_file = request.text() == "/file";
    connection.redirect(request, to_file ? -1 : 1094, to_file ? "file:///etc/passwd" : "10.0.0.1");
  }));
  EXPECT_EQ(stat_at(door.url()).error().code, Errc::not_authorized);
  ClientOptions options;
  options.redirects.allows = [](std::string_view host, std::uint16_t) {
    return host != "10.0.0.1";
  };
  EXPECT_EQ(stat_at(door.url("/other"), options).error().code, Errc::not_authorized);
  options.redirects.follow = false;
  EXPECT_EQ(stat_at(door.url("/other"), options).error().code, Errc::redirect_loop);
}

TEST(Redirect, TellsTheDoorWhichServerFailed) {
  FakeDoor bad(pool([](FakeConnection& connection, const FakeRequest& request) {
    connection.error(request, Errc::io, "disk is broken");
  }));
  FakeDoor good(pool(stat_ok));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    bool again = request.text().find("tried=") != std::string::npos;
    connection.redirect(request, again ? good.port() : bad.port(), "127.0.0.1?cap=1");
  }));
  ASSERT_TRUE(succeeded(stat_at(door.url("/file?k=v"))));
  // What the first redirect added does not come back to the door.
  EXPECT_THAT(door.log(), Contains("stat /file?k=v&tried=127.0.0.1&triedrc=ioerr"));
}

TEST(Redirect, ReportsTheLastErrorWhenNoReplicaIsLeft) {
  FakeDoor bad(pool([](FakeConnection& connection, const FakeRequest& request) {
    connection.error(request, Errc::io, "disk is broken");
  }));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    if (request.text().find("tried=") != std::string::npos) {
      return connection.error(request, Errc::no_replicas, "no more replicas");
    }
    connection.redirect(request, bad.port(), "127.0.0.1");
  }));
  auto info = stat_at(door.url());
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Errc::no_replicas);
  EXPECT_THAT(info.error().detail, HasSubstr("disk is broken"));
}

TEST(Redirect, DoesNotReturnToTheDoorWithARefusal) {
  FakeDoor strict(pool([](FakeConnection& connection, const FakeRequest& request) {
    connection.error(request, Errc::not_authorized, "no");
  }));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    connection.redirect(request, strict.port(), "127.0.0.1");
  }));
  EXPECT_EQ(stat_at(door.url()).error().code, Errc::not_authorized);
  EXPECT_EQ(std::ranges::count(door.log(), "stat /file"), 1);
}

TEST(Redirect, ReturnsToTheDoorFromAServerThatIsGone) {
  std::uint16_t dead_port = 0;
  {
    FakeDoor dead([](FakeConnection&) {});
    dead_port = dead.port();
  }
  FakeDoor good(pool(stat_ok));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    bool again = request.text().find("tried=") != std::string::npos;
    connection.redirect(request, again ? good.port() : dead_port, "127.0.0.1");
  }));
  EXPECT_TRUE(succeeded(stat_at(door.url())));
}

// ---- waiting -------------------------------------------------------------------------------------------------------

TEST(Wait, AsksAgain) {
  std::atomic<int> asked = 0;
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    if (asked++ < 3) return connection.wait(request, ResponseStatus::wait, 0);
    connection.ok(request, some_stat);
  }));
  ASSERT_TRUE(succeeded(stat_at(door.url())));
  EXPECT_EQ(asked, 4);
}

TEST(Wait, HasABound) {
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    connection.wait(request, ResponseStatus::wait, 3600);
  }));
  EXPECT_EQ(stat_at(door.url()).error().code, Errc::timed_out);
}

TEST(Wait, TakesALateAnswer) {
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    connection.wait(request, ResponseStatus::waitresp, 10);
    connection.late(request, ResponseStatus::ok, as_bytes(some_stat));
  }));
  auto info = stat_at(door.url());
  ASSERT_TRUE(succeeded(info));
  EXPECT_EQ(info->size, 42U);
}

TEST(Wait, TakesALateRedirectAndALateError) {
  FakeDoor data(pool(stat_ok));
  FakeDoor door(manager([&](FakeConnection& connection, const FakeRequest& request) {
    connection.wait(request, ResponseStatus::waitresp, 10);
    Body body;
    if (request.text() == "/missing") {
      ErrorAnswer{3011, "gone"}.encode(body);
      return connection.late(request, ResponseStatus::error, body);
    }
    Writer(body).be<std::int32_t>(data.port()).text("127.0.0.1");
    connection.late(request, ResponseStatus::redirect, body);
  }));
  EXPECT_TRUE(succeeded(stat_at(door.url())));
  EXPECT_EQ(stat_at(door.url("/missing")).error().code, Errc::not_found);
}

TEST(Wait, BelievesAPromiseLongerThanTheRequestTime) {
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    connection.wait(request, ResponseStatus::waitresp, 30);
    std::this_thread::sleep_for(400ms);
    connection.late(request, ResponseStatus::ok, as_bytes(some_stat));
  }));
  ClientOptions options;
  options.timeouts.request = 100ms;
  EXPECT_TRUE(succeeded(stat_at(door.url(), options)));
}

// ---- partial answers -----------------------------------------------------------------------------------------------

TEST(Partial, JoinsAListing) {
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    connection.reply(request, ResponseStatus::oksofar, std::string_view(".\n0 0 0 0\nfi"));
    connection.reply(request, ResponseStatus::oksofar, std::string_view("rst\n1 5 16 1"));
    connection.ok(request, "00\n../escape\n1 1 16 1\nsecond\n1 6 18 100\0"sv);
  }));
  ListOptions options;
  options.with_info = true;
  auto entries = use([&](Client& client) { return client.list(door.url("/"), options); });
  ASSERT_TRUE(succeeded(entries));
  ASSERT_EQ(entries->size(), 2U);  // a name with a slash is none
  EXPECT_EQ(entries->at(0).name, "first");
  EXPECT_EQ(entries->at(0).info->size, 5U);
  EXPECT_TRUE(entries->at(1).info->is_directory);
}

// A data server with one file; `answer` gets every read.
FakeDoor::Script file_server(
    std::string content, std::function<void(FakeConnection&, const FakeRequest&, Read)> answer) {
  return pool([content, answer](FakeConnection& connection, const FakeRequest& request) {
    if (request.id == Open::id) return connection.open_ok(request, 7, content.size());
    auto read = Read::decode(request.fixed, {});
    if (request.id == Read::id || request.id == Pgread::id)
      return answer(connection, request, *read);
    connection.error(request, Errc::unsupported, "not in this test");
  });
}

Result<std::string> read_file(const std::string& url, std::size_t size, Integrity integrity,
                              ClientOptions options = {}) {
  return use(std::move(options), [&](Client& client) -> Task<std::string> {
    OpenOptions opening;
    opening.integrity = integrity;
    SLUICE_CO_TRY(File file, co_await client.open(url, opening));
    std::string data(size, '?');
    SLUICE_CO_TRY(std::size_t n, co_await file.read(0, span_of(data)));
    data.resize(n);
    co_return data;
  });
}

TEST(Partial, JoinsARead) {
  std::string content = pattern(300'000);
  FakeDoor door(
      file_server(content, [&](FakeConnection& connection, const FakeRequest& request, Read) {
        std::string_view text = content;
        connection.reply(request, ResponseStatus::oksofar, text.substr(0, 100'001));
        connection.reply(request, ResponseStatus::oksofar, text.substr(0, 0));
        connection.reply(request, ResponseStatus::oksofar, text.substr(100'001, 3));
        connection.reply(request, ResponseStatus::oksofar, text.substr(100'004));
        connection.ok(request);
      }));
  auto data = read_file(door.url(), content.size() + 10, Integrity::none);
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
}

TEST(Pages, JoinsSegmentsThatEndWithinAPage) {
  std::string content = pattern(100'000);
  FakeDoor door(
      file_server(content, [&](FakeConnection& connection, const FakeRequest& request, Read) {
        std::string_view text = content;
        connection.pages(request, PageStatus::Part::partial, 0, text.substr(0, 70'000));
        connection.pages(request, PageStatus::Part::partial, 70'000, text.substr(70'000, 10));
        connection.pages(request, PageStatus::Part::partial, 70'010, text.substr(70'010));
        connection.pages(request, PageStatus::Part::last, 100'000, {});
      }));
  auto data = read_file(door.url(), content.size(), Integrity::required);
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
}

TEST(Pages, AsksAgainForADamagedPage) {
  std::string content = pattern(50'000);
  FakeDoor door(
      file_server(content, [&](FakeConnection& connection, const FakeRequest& request, Read read) {
        std::string_view part = std::string_view(content).substr(read.offset, read.length);
        bool is_retry = request.payload.size() == 2 && request.payload[1] == std::byte{1};
        connection.pages(request, PageStatus::Part::last, read.offset, part, is_retry ? -1 : 3);
      }));
  auto data = read_file(door.url(), content.size(), Integrity::automatic);
  ASSERT_TRUE(succeeded(data));
  EXPECT_TRUE(*data == content);
  EXPECT_EQ(
      std::ranges::count_if(door.log(), [](auto& line) { return line.starts_with("pgread"); }), 2);
}

TEST(Pages, FailsWhenAPageStaysDamaged) {
  std::string content = pattern(50'000);
  FakeDoor door(
      file_server(content, [&](FakeConnection& connection, const FakeRequest& request, Read read) {
        std::string_view part = std::string_view(content).substr(read.offset, read.length);
        connection.pages(request, PageStatus::Part::last, read.offset, part, 0);
      }));
  auto data = read_file(door.url(), content.size(), Integrity::automatic);
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code, Errc::checksum);
}

TEST(Pages, AreNotAskedOfAServerThatHasNone) {
  FakeDoor door([](FakeConnection& connection) {
    connection.flags = server_flag::is_server;
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) connection.open_ok(*request, 7, 4);
      if (request->id == Read::id) connection.ok(*request, "data");
    }
  });
  auto data = read_file(door.url(), 4, Integrity::automatic);
  ASSERT_TRUE(succeeded(data));
  EXPECT_EQ(*data, "data");
  EXPECT_EQ(read_file(door.url(), 4, Integrity::required).error().code, Errc::unsupported);
}

TEST(Pages, SendsDamagedPagesAgain) {
  std::atomic<int> retries = 0;
  FakeDoor door(pool([&](FakeConnection& connection, const FakeRequest& request) {
    if (request.id == Open::id) return connection.open_ok(request, 7, 0);
    bool is_retry = (request.fixed[13] & std::byte{1}) != std::byte{};
    Body list;
    if (is_retry) {
      ++retries;
      EXPECT_EQ(request.payload.size(), page_unit);
    } else {
      BadPages{4096, 4096, {4096, 12'288}}.encode(list);
    }
    Body out;
    encode_frame(out, request.stream, ResponseStatus::status, [&](Body& to) {
      PageStatus{request.stream, request.id, PageStatus::Part::last,
                 static_cast<std::uint32_t>(list.size()), 0}
          .encode(to);
    });
    connection.send(out);
    connection.send(list);
  }));
  std::string content = pattern(100'000);
  auto status = use([&](Client& client) -> Task<void> {
    OpenOptions options;
    options.write = true;
    SLUICE_CO_TRY(File file, co_await client.open(door.url(), options));
    SLUICE_CO_CHECK(co_await file.write(0, as_bytes(content)));
    co_return co_await file.close();
  });
  ASSERT_TRUE(succeeded(status));
  EXPECT_EQ(retries, 2);
}

// ---- login ---------------------------------------------------------------------------------------------------------

FakeDoor::Script asking_for(std::string security,
                            std::function<void(FakeConnection&, const FakeRequest&)> answer) {
  return [security, answer](FakeConnection& connection) {
    connection.security = security;
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) answer(connection, *request);
  };
}

TEST(Login, ProvesAUnixNameWhenThatIsEnough) {
  FakeDoor door(asking_for(
      "&P=gsi,v:10600&P=unix", [](FakeConnection& connection, const FakeRequest& request) {
        if (request.id == Auth::id) {
          EXPECT_TRUE(as_text(request.payload).starts_with(std::string_view("unix\0tester ", 12)));
          return connection.ok(request);
        }
        connection.ok(request, some_stat);
      }));
  ClientOptions options;
  options.user_name = "tester";
  EXPECT_TRUE(succeeded(stat_at(door.url(), options)));
}

TEST(Login, NamesTheMethodsItHasNothingFor) {
  FakeDoor door(asking_for("&P=gsi,v:10600&P=ztn", [](FakeConnection&, const FakeRequest&) {}));
  auto info = stat_at(door.url());
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Errc::authentication);
  EXPECT_THAT(info.error().detail, HasSubstr("gsi, ztn"));
}

class Rounds final : public AuthExchange {
 public:
  Task<std::vector<std::byte>> next(std::vector<std::byte> challenge) override {
    std::string text = "test:" + std::string(as_text(challenge));
    co_return std::vector<std::byte>(as_bytes(text).begin(), as_bytes(text).end());
  }
};
class TestCredentials final : public Credentials {
 public:
  std::unique_ptr<AuthExchange> begin(const AuthOffer& offer, const AuthPeer& peer) override {
    EXPECT_EQ(peer.host, "127.0.0.1");
    EXPECT_FALSE(peer.is_encrypted);
    if (offer.method != "test" || offer.parameters != "a,b")
      return standard_credentials()->begin(offer, peer);
    return std::make_unique<Rounds>();
  }
};

TEST(Login, UsesCredentialsInAsManyRoundsAsItTakes) {
  std::atomic<int> rounds = 0;
  FakeDoor door(
      asking_for("&P=test,a,b&P=unix", [&](FakeConnection& connection, const FakeRequest& request) {
        if (request.id != Auth::id) return connection.ok(request, some_stat);
        if (++rounds < 3)
          return connection.reply(request, ResponseStatus::authmore, std::string_view("more"));
        EXPECT_EQ(as_text(request.payload), "test:more");
        connection.ok(request);
      }));
  ClientOptions options;
  options.credentials = std::make_shared<TestCredentials>();
  EXPECT_TRUE(succeeded(stat_at(door.url(), options)));
  EXPECT_EQ(rounds, 3);
}

TEST(Login, GoesOnWithTheNextMethodAfterARefusal) {
  FakeDoor door(
      asking_for("&P=test,a,b&P=unix", [&](FakeConnection& connection, const FakeRequest& request) {
        if (request.id != Auth::id) return connection.ok(request, some_stat);
        if (as_text(request.payload).starts_with("test"))
          return connection.error(request, Errc::authentication, "no");
        connection.ok(request);
      }));
  ClientOptions options;
  options.credentials = std::make_shared<TestCredentials>();
  EXPECT_TRUE(succeeded(stat_at(door.url(), options)));
}

TEST(Login, EndsEndlessRounds) {
  FakeDoor door(
      asking_for("&P=test,a,b", [&](FakeConnection& connection, const FakeRequest& request) {
        connection.reply(request, ResponseStatus::authmore, std::string_view("more"));
      }));
  ClientOptions options;
  options.credentials = std::make_shared<TestCredentials>();
  auto info = stat_at(door.url(), options);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, Errc::authentication);
}

TEST(Login, RefusesAServerThatInsistsOnTls) {
  FakeDoor door([](FakeConnection& connection) {
    connection.flags |= server_flag::have_tls | server_flag::tls_login | server_flag::goto_tls;
    connection.log_in();
  });
  EXPECT_EQ(stat_at(door.url()).error().code, Errc::tls_required);
}

}  // namespace
}  // namespace sluice::xroot::client
