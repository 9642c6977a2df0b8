// SPDX-License-Identifier: Apache-2.0
// The buffers of the access log, and what its lines say of what clients send.
#include "xroot/responses.h"
#include "xroot/server/access_note.h"
#include "xroot/server/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace sluice::xroot::server {
namespace {

namespace fs = std::filesystem;

std::string taken(LineRing& ring) {
  std::string out;
  ring.take(out);
  return out;
}

TEST(LineRing, lines_come_out_in_order_also_over_the_edge) {
  LineRing ring(16);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(ring.push("abcdef\n"));
    ASSERT_TRUE(ring.push("xyz\n"));
    EXPECT_EQ(taken(ring), "abcdef\nxyz\n");
  }
  EXPECT_EQ(taken(ring), "");
}

TEST(LineRing, what_does_not_fit_is_refused_whole) {
  LineRing ring(16);
  EXPECT_FALSE(ring.push("seventeen bytes.\n"));
  EXPECT_TRUE(ring.push("0123456789\n"));
  EXPECT_TRUE(ring.is_half_full());
  EXPECT_FALSE(ring.push("01234\n"));
  EXPECT_TRUE(ring.push("0123\n"));
  EXPECT_FALSE(ring.push("\n"));
  EXPECT_EQ(taken(ring), "0123456789\n0123\n");
  EXPECT_FALSE(ring.is_half_full());
  EXPECT_TRUE(ring.push("0123456789abcde\n"));
}

TEST(LineRing, one_pushes_while_another_takes) {
  constexpr int lines = 200'000;
  LineRing ring(256);
  std::thread pusher([&ring] {
    for (int i = 0; i < lines; ++i) {
      const std::string line = std::to_string(i) + "\n";
      while (!ring.push(line)) std::this_thread::yield();
    }
  });
  std::string all;
  std::string expected;
  for (int i = 0; i < lines; ++i) expected += std::to_string(i) + "\n";
  while (all.size() < expected.size()) ring.take(all);
  pusher.join();
  EXPECT_EQ(all, expected);
}

class AccessLogTest : public testing::Test {
 protected:
  ~AccessLogTest() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  static fs::path make_directory() {
    std::string name = (fs::temp_directory_path() / "sluice-access-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    return name;
  }
  std::unique_ptr<AccessLog> open(LoggedRequests requests = LoggedRequests::files) {
    auto opened = AccessLog::open({file_.string(), requests}, LogFormat::logfmt, 2, metrics_);
    return opened ? *std::move(opened) : nullptr;
  }
  std::string content() const {
    std::stringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }
  // The line of one request without its time.
  template <class Request>
  std::string line_of(const Request& request, const std::function<void(AccessNote&)>& answer) {
    auto log = open();
    {
      AccessNote note(*log, 0, " client=c", Request::name, AccessNote::Clock::now());
      describe(note, request, "/open/file");
      answer(note);
    }
    log.reset();
    const std::string text = content();
    fs::remove(file_);
    return text.substr(text.find(' ') + 1);
  }

  Metrics metrics_;
  const fs::path directory_ = make_directory();
  const fs::path file_ = directory_ / "access.log";
};

TEST_F(AccessLogTest, without_a_name_there_is_none) {
  auto none = AccessLog::open({}, LogFormat::logfmt, 2, metrics_);
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, nullptr);
}

TEST_F(AccessLogTest, a_name_that_cannot_be_opened_is_an_error) {
  auto failed = AccessLog::open({(directory_ / "none" / "file").string(), LoggedRequests::all},
                                LogFormat::logfmt, 2, metrics_);
  EXPECT_FALSE(failed);
}

TEST_F(AccessLogTest, everything_is_written_before_it_ends) {
  auto log = open();
  for (int i = 0; i < 1000; ++i) log->append(static_cast<std::size_t>(i % 2), "line\n");
  log.reset();
  EXPECT_EQ(content().size(), 5000U);
}

TEST_F(AccessLogTest, values_of_cgi_are_never_in_it) {
  Stat request;
  request.path = "/d/f?authz=SECRET&SECRET&tried=a&x=SECRET";
  std::string line = line_of(request, [](AccessNote& note) { note.finish("ok"); });
  EXPECT_TRUE(line.starts_with(
      "client=c request=stat path=/d/f keys=authz,tried other_keys=2 answer=ok us="))
      << line;
  Mv move{"/a?x=SECRET", "/b?y=SECRET"};
  line = line_of(move, [](AccessNote& note) { note.finish("ok"); });
  EXPECT_NE(line.find("path=/a other_keys=1 target=/b answer=ok"), std::string::npos) << line;
}

TEST_F(AccessLogTest, the_session_at_the_door_is_cut_to_letters) {
  Open request;
  request.path = "/f?sluice.session=ab\ncd=1234567890123456";
  std::string line = line_of(request, [](AccessNote& note) { note.finish("ok"); });
  EXPECT_NE(line.find("door_session=abcd12345"), std::string::npos) << line;
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
}

TEST_F(AccessLogTest, answers_are_told_and_only_once) {
  const Stat request{.path = "/f"};
  std::vector<std::byte> error;
  encode_error(error, Error{Errc::not_found, "/f?authz=SECRET\nis not there", {}});
  std::string line = line_of(request, [&](AccessNote& note) {
    note.answer(ResponseStatus::error, error);
    note.finish("ok");
  });
  EXPECT_NE(line.find("code=3011"), std::string::npos) << line;
  EXPECT_NE(line.find("answer=error"), std::string::npos) << line;
  EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);

  std::vector<std::byte> redirect;
  RedirectAnswer answer;
  answer.target = "pool.example.org";
  answer.port = 33115;
  answer.cgi = "sluice.cap=SECRET";
  answer.encode(redirect);
  line =
      line_of(request, [&](AccessNote& note) { note.answer(ResponseStatus::redirect, redirect); });
  EXPECT_NE(line.find("to=pool.example.org:33115 answer=redirect"), std::string::npos) << line;
  EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
}

TEST_F(AccessLogTest, who_gets_no_answer_is_lost) {
  const Stat request{.path = "/f"};
  std::string line = line_of(request, [](AccessNote&) {});
  EXPECT_NE(line.find("answer=lost"), std::string::npos) << line;
}

TEST_F(AccessLogTest, requests_by_handle_have_the_path_of_the_file) {
  Read request;
  request.offset = 10;
  request.length = 20;
  std::string line = line_of(request, [](AccessNote& note) { note.finish("ok"); });
  EXPECT_NE(line.find("request=read path=/open/file offset=10 length=20"), std::string::npos)
      << line;
  Query query;
  query.kind = QueryKind::config;
  query.args = "version";
  line = line_of(query, [](AccessNote& note) { note.finish("ok"); });
  EXPECT_EQ(line.find("/open/file"), std::string::npos) << line;
}

}  // namespace
}  // namespace sluice::xroot::server
