// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/billing_record.h"

#include "pool/movers/test/fixture.h"

#include <boost/json/parse.hpp>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace sluice::pool {
namespace {

using namespace std::chrono_literals;

BillingRecord example() {
  BillingRecord record;
  record.time = std::chrono::system_clock::time_point(1'785'000'000'042ms);
  record.request = {.file = 4711,
                    .path = "/vo/data/f.root",
                    .user = "alice",
                    .client = "alice.7@wn1.example.org",
                    .session = "0a1b2c3d4e5f",
                    .door = "door.example.org:1094",
                    .door_session = "5f4e3d2c1b0a",
                    .application = "root",
                    .writes = true,
                    .queue = "regular"};
  record.waited = 1500ms;
  record.running = 60s;
  record.bytes = 1048576;
  record.size = 1048576;
  record.checksum = "adler32:0a1b2c3d";
  return record;
}

boost::json::object parsed(const BillingRecord& record) {
  return boost::json::parse(to_json_line(record, "pool1")).as_object();
}

TEST(BillingRecord, the_whole_line) {
  EXPECT_EQ(
      to_json_line(example(), "pool1"),
      R"({"time":"2026-07-25T17:20:00.042Z","pool":"pool1","door":"door.example.org:1094",)"
      R"("door_session":"5f4e3d2c1b0a","file":4711,"path":"/vo/data/f.root","direction":"write","user":"alice",)"
      R"("client":"alice.7@wn1.example.org","session":"0a1b2c3d4e5f","protocol":"xroot","queue":"regular",)"
      R"("queued_ms":1500,"ms":60000,"bytes":1048576,"size":1048576,)"
      R"("checksum":"adler32:0a1b2c3d","result":"ok","text":""})"
      "\n");
}

TEST(BillingRecord, a_failed_transfer) {
  BillingRecord record = example();
  record.error = Error{Errc::checksum, "adler32 is 00000001", {}};
  EXPECT_EQ(parsed(record)["result"], "checksum");
  EXPECT_EQ(parsed(record)["text"], "adler32 is 00000001");
}

TEST(BillingRecord, nothing_that_may_carry_a_token) {
  BillingRecord record = example();
  record.request.path = "/vo/f?authz=Bearer abc.def&x=1";
  record.error = Error{Errc::not_found, "/vo/f?authz=Bearer abc.def: it is not there", {}};
  EXPECT_EQ(parsed(record)["path"], "/vo/f");
  EXPECT_EQ(parsed(record)["text"], "/vo/f");
  EXPECT_EQ(to_json_line(record, "p").find("abc.def"), std::string::npos);
}

TEST(BillingRecord, long_texts_are_cut) {
  BillingRecord record = example();
  record.error = Error{Errc::io, std::string(5000, 'x'), {}};
  EXPECT_EQ(parsed(record)["text"].as_string().size(), 1024U);
}

TEST(BillingRecord, the_largest_numbers) {
  BillingRecord record = example();
  record.bytes = std::numeric_limits<std::uint64_t>::max();
  record.request.file = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(parsed(record)["bytes"], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parsed(record)["file"], std::numeric_limits<std::int64_t>::max());
}

TEST(BillingRecord, bytes_that_are_not_utf8) {
  BillingRecord record = example();
  record.request.path = "/a\xff\xc3(\"\\\n\x01\xe2\x80\xa8ü";
  boost::json::object line = parsed(record);
  EXPECT_EQ(line["path"], "/a\xef\xbf\xbd\xef\xbf\xbd(\"\\\n\x01\xe2\x80\xa8ü");
}

RC_GTEST_PROP(BillingRecord, any_bytes_are_one_line_of_json,
              (const std::vector<std::uint8_t>& bytes)) {
  std::string text(bytes.begin(), bytes.end());
  BillingRecord record = example();
  record.request = {.file = 1,
                    .path = text,
                    .user = text,
                    .client = text,
                    .session = text,
                    .door = text,
                    .door_session = text,
                    .application = text,
                    .queue = text};
  record.checksum = text;
  record.error = Error{Errc::server, text, {}};
  std::string line = to_json_line(record, text);
  RC_ASSERT(line.back() == '\n');
  RC_ASSERT(std::ranges::count(line, '\n') == 1);
  boost::json::object object = boost::json::parse(line).as_object();
  RC_ASSERT(object.size() == 19U);
  bool is_ascii = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte < 0x80; });
  if (is_ascii) {
    RC_ASSERT(std::string(object["user"].as_string()) == text);
    RC_ASSERT(std::string(object["path"].as_string()) == text.substr(0, text.find('?')));
  }
}

TEST_F(MoversTest, what_a_mover_tells_billing) {
  make_queue("q max_active=1");
  Client& first = open("q");
  Client& a = open({.file = 7, .path = "/a", .user = "u", .writes = true, .queue = "q"});
  ManualClock::advance(3s);
  first.close();
  run();
  a.mover().count(10);
  ManualClock::advance(2s);
  BillingRecord record = record_of(a.mover());
  EXPECT_EQ(record.request.file, 7);
  EXPECT_EQ(record.request.user, "u");
  EXPECT_EQ(record.waited, 3s);
  EXPECT_EQ(record.running, 2s);
  EXPECT_EQ(record.bytes, 10U);
  EXPECT_FALSE(record.error);
  kill_file(7);
  EXPECT_EQ(record_of(a.mover()).error->message(), "Cancelled: by hand");
}

}  // namespace
}  // namespace sluice::pool
