// SPDX-License-Identifier: Apache-2.0
// Servers that do not keep to the protocol: whatever they send, the client ends with an error, in time, and never holds more
// memory than what it asked for.
#include "xroot/client/data.h"
#include "xroot/client/inbound.h"
#include "xroot/client/test/fake_door.h"
#include "xroot/client/test/use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sluice::xroot::client {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

ClientOptions impatient() {
  ClientOptions options;
  options.timeouts.connect = 300ms;
  options.timeouts.stall = 200ms;
  options.timeouts.request = 200ms;
  options.timeouts.recovery = 0ms;
  return options;
}

// Runs `body` and fails when it takes as long as something that has no bound.
template <class Body>
auto in_time(Body body) {
  auto start = std::chrono::steady_clock::now();
  auto result = use(impatient(), body);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  return result;
}

Body raw_frame(const FakeRequest& request, std::uint16_t status, std::int32_t length) {
  Body out;
  Writer(out).bytes(request.stream).be(status).be(length);
  return out;
}

FakeDoor::Script answering(std::function<void(FakeConnection&, const FakeRequest&)> answer) {
  return [answer](FakeConnection& connection) {
    if (!connection.log_in()) return;
    while (auto request = connection.next_real()) {
      if (request->id == Open::id) {
        connection.open_ok(*request, 7, 1'000'000);
      } else {
        answer(connection, *request);
      }
    }
  };
}

Result<FileInfo> stat_at(const FakeDoor& door) {
  return in_time([&](Client& client) { return client.stat(door.url()); });
}

Result<std::size_t> read_at(const FakeDoor& door, Integrity integrity) {
  return in_time([&](Client& client) -> Task<std::size_t> {
    OpenOptions options;
    options.integrity = integrity;
    options.recover_reads = false;
    SLUICE_CO_TRY(File file, co_await client.open(door.url(), options));
    std::string into(100'000, '?');
    co_return co_await file.read(0, span_of(into));
  });
}

TEST(Hostile, NegativeLength) {
  FakeDoor door(
      answering([](FakeConnection& c, const FakeRequest& r) { c.send(raw_frame(r, 0, -1)); }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, MetadataWithoutEnd) {
  FakeDoor door(answering(
      [](FakeConnection& c, const FakeRequest& r) { c.send(raw_frame(r, 0, 0x7fffffff)); }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, MetadataInEndlessParts) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    std::string part(1U << 20, 'x');
    for (int i = 0; i < 40; ++i) c.reply(r, ResponseStatus::oksofar, part);
  }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, ErrorTextWithoutEnd) {
  FakeDoor door(answering(
      [](FakeConnection& c, const FakeRequest& r) { c.send(raw_frame(r, 4003, 1 << 20)); }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, ErrorTextWithControlBytes) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.reply(r, ResponseStatus::error, "\0\0\x0b\xc3\x1b[31m\nred\0"sv);
  }));
  auto info = stat_at(door);
  EXPECT_EQ(info.error().code, Errc::not_found);
  EXPECT_EQ(info.error().detail, " [31m red");
}

TEST(Hostile, TornError) {
  FakeDoor door(answering(
      [](FakeConnection& c, const FakeRequest& r) { c.reply(r, ResponseStatus::error, "x"); }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, UnknownStatus) {
  FakeDoor door(
      answering([](FakeConnection& c, const FakeRequest& r) { c.send(raw_frame(r, 4711, 0)); }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, AnswerToNobody) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    FakeRequest other = r;
    other.stream = {std::byte{0x77}, std::byte{0x77}};
    c.ok(other, "x");
  }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, MoreDataThanAskedFor) {
  FakeDoor door(answering(
      [](FakeConnection& c, const FakeRequest& r) { c.ok(r, std::string(100'001, 'x')); }));
  EXPECT_EQ(read_at(door, Integrity::none).error().code, Errc::protocol);
}

TEST(Hostile, MoreDataThanAskedForInParts) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    for (int i = 0; i < 3; ++i) c.reply(r, ResponseStatus::oksofar, std::string(50'000, 'x'));
  }));
  EXPECT_EQ(read_at(door, Integrity::none).error().code, Errc::protocol);
}

TEST(Hostile, MorePagesThanAskedFor) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.pages(r, PageStatus::Part::last, 0, std::string(100'001, 'x'));
  }));
  EXPECT_EQ(read_at(door, Integrity::required).error().code, Errc::protocol);
}

TEST(Hostile, PagesOfAnotherPlace) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.pages(r, PageStatus::Part::last, 4096, std::string(100, 'x'));
  }));
  EXPECT_EQ(read_at(door, Integrity::required).error().code, Errc::protocol);
}

TEST(Hostile, PagesForARequestWithoutPages) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.pages(r, PageStatus::Part::last, 0, std::string(100, 'x'));
  }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, DamagedStatusFrame) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.reply(r, ResponseStatus::status, std::string(24, 'x'));
  }));
  EXPECT_FALSE(read_at(door, Integrity::required));
}

TEST(Hostile, LateAnswerThatDoesNotFitItsFrame) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    Body out;
    Writer(out).zeros(2).be<std::uint16_t>(4001).be<std::int32_t>(24);
    Writer(out)
        .be<std::int32_t>(5008)
        .zeros(4)
        .bytes(r.stream)
        .be<std::uint16_t>(0)
        .be<std::int32_t>(1 << 30);
    Writer(out).zeros(8);
    c.send(out);
  }));
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, RedirectToNowhere) {
  for (std::string_view target : {"", "bad host", "root://", "ftp://x//y", "[::1"}) {
    FakeDoor door(answering(
        [target](FakeConnection& c, const FakeRequest& r) { c.redirect(r, -1, target); }));
    EXPECT_FALSE(stat_at(door)) << target;
  }
}

// ---- servers that say nothing --------------------------------------------------------------------------------------

TEST(Hostile, NoHello) {
  FakeDoor door([](FakeConnection& c) { c.idle(); });
  EXPECT_EQ(stat_at(door).error().code, Errc::connection);
}

TEST(Hostile, AnotherProtocol) {
  FakeDoor door([](FakeConnection& c) {
    c.send(as_bytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    c.idle();
  });
  EXPECT_EQ(stat_at(door).error().code, Errc::protocol);
}

TEST(Hostile, NoAnswerToARequest) {
  FakeDoor door(answering([](FakeConnection&, const FakeRequest&) {}));
  EXPECT_EQ(stat_at(door).error().code, Errc::timed_out);
}

TEST(Hostile, AnswersThatBringNothing) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end) {
      c.reply(r, ResponseStatus::oksofar, "");
      std::this_thread::sleep_for(1ms);
    }
  }));
  EXPECT_FALSE(stat_at(door));
  EXPECT_FALSE(read_at(door, Integrity::none));
}

TEST(Hostile, HalfAnAnswer) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    c.send(raw_frame(r, 0, 50'000));
    c.send(as_bytes(std::string(10'000, 'x')));
  }));
  EXPECT_FALSE(read_at(door, Integrity::none));
  EXPECT_FALSE(stat_at(door));
}

TEST(Hostile, PromisesWithoutEnd) {
  FakeDoor door(answering([](FakeConnection& c, const FakeRequest& r) {
    for (int i = 0; i < 100; ++i) c.wait(r, ResponseStatus::waitresp, 0x7fffffff);
  }));
  ClientOptions options = impatient();
  options.timeouts.wait = 300ms;
  auto info = use(options, [&](Client& client) { return client.stat(door.url()); });
  EXPECT_EQ(info.error().code, Errc::timed_out);
}

TEST(Hostile, TakesNoRequests) {
  FakeDoor door([](FakeConnection& c) {
    c.flags = server_flag::is_server;
    if (!c.log_in()) return;
    if (auto open = c.next_real()) c.open_ok(*open, 7, 0);
    std::this_thread::sleep_for(3s);  // reads nothing: the send buffers fill
  });
  auto status = in_time([&](Client& client) -> Task<void> {
    OpenOptions options;
    options.write = true;
    options.recover_writes = false;
    SLUICE_CO_TRY(File file, co_await client.open(door.url(), options));
    std::string data(64U << 20, 'x');
    co_return co_await file.write(0, as_bytes(data));
  });
  ASSERT_FALSE(status);
}

// ---- any bytes at all ----------------------------------------------------------------------------------------------

struct Exchange {
  explicit Exchange(asio::any_io_executor executor)
      : calls(executor, 8),
        inbound(calls),
        text(1000),
        plain(span_of(plain_data)),
        pages(4000, span_of(page_data)),
        text_call(executor, {3017, {}, {}}, text),
        plain_call(executor, {3013, {}, {}}, plain),
        page_call(executor, {3030, {}, {}}, pages) {
    for (Call* call : {&text_call, &plain_call, &page_call}) {
      std::uint16_t id = calls.add(*call, {});
      calls.sending(id);
      calls.sent(id);
    }
  }
  std::string plain_data = std::string(20'000, 'p');
  std::string page_data = std::string(20'000, 'g');
  Calls calls;
  Inbound inbound;
  TextSink text;
  ReadSink plain;
  PageSink pages;
  Call text_call, plain_call, page_call;
};

// Feeds `stream` in pieces of `piece` bytes; what the windows offer is what could be written, so it must be bounded.
bool feed(Inbound& inbound, std::string_view stream, std::size_t piece) {
  while (!stream.empty()) {
    std::array<iovec, 200> out;
    std::size_t used = inbound.window(out);
    std::size_t room = 0, moved = 0;
    for (std::size_t i = 0; i < used; ++i) {
      std::size_t n = std::min({out[i].iov_len, stream.size(), piece - moved});
      std::memcpy(out[i].iov_base, stream.data(), n);
      stream.remove_prefix(n);
      moved += n;
      room += out[i].iov_len;
    }
    EXPECT_LE(room, 64U * 1024 + 40'000);
    EXPECT_GT(room, 0U);
    if (!inbound.received(moved, {})) return false;
  }
  return true;
}

RC_GTEST_PROP(Hostile, NoStreamOfBytesBreaksTheClient, (std::string noise)) {
  asio::io_context context(1);
  Exchange exchange(context.get_executor());
  // Headers that nearly make sense reach deeper than noise alone.
  auto ids = *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::inRange<std::uint16_t>(0, 5));
  std::vector<std::byte> stream;
  for (std::uint16_t id : ids) {
    auto status = *rc::gen::inRange(4000, 4009);
    auto length = *rc::gen::inRange(-1, 40);
    Writer(stream)
        .be(id)
        .be(static_cast<std::uint16_t>(status == 4008 ? 0 : status))
        .be<std::int32_t>(length);
    Writer(stream).text(noise.substr(0, static_cast<std::size_t>(*rc::gen::inRange(0, 40))));
  }
  Writer(stream).text(noise);
  auto piece = *rc::gen::inRange<std::size_t>(1, 64);
  feed(exchange.inbound, as_text(stream), piece);
}

RC_GTEST_PROP(Partial, APageAnswerMayBeCutAnywhere, ()) {
  asio::io_context context(1);
  Exchange exchange(context.get_executor());
  std::string content = pattern(*rc::gen::inRange<std::size_t>(0, 20'001));
  Body stream;
  for (std::size_t at = 0; at <= content.size();) {
    std::size_t n = std::min(content.size() - at, *rc::gen::inRange<std::size_t>(1, 12'000));
    bool is_last = at + n == content.size();
    std::vector<std::byte> wire(static_cast<std::size_t>(page_wire_size(4000 + at, n)));
    encode_pages(4000 + at, as_bytes(std::string_view(content).substr(at, n)), wire);
    StreamId id{std::byte{0}, std::byte{3}};
    encode_frame(stream, id, ResponseStatus::status, [&](Body& to) {
      PageStatus{id, 3030, is_last ? PageStatus::Part::last : PageStatus::Part::partial,
                 static_cast<std::uint32_t>(wire.size()), 4000 + at}
          .encode(to);
    });
    Writer(stream).bytes(wire);
    at += n;
    if (is_last) break;
  }
  RC_ASSERT(feed(exchange.inbound, as_text(stream), *rc::gen::inRange<std::size_t>(1, 9'000)));
  RC_ASSERT(exchange.page_call.done.is_set());
  RC_ASSERT(exchange.page_call.answer.has_value());
  RC_ASSERT(exchange.pages.bad().empty());
  RC_ASSERT(exchange.pages.size() == content.size());
  RC_ASSERT(exchange.page_data.substr(0, content.size()) == content);
}

}  // namespace
}  // namespace sluice::xroot::client
