// SPDX-License-Identifier: Apache-2.0
#include "pool/scrubber.h"

#include "base/checksum.h"
#include "base/test/run.h"
#include "pool/test/fixture.h"

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace sluice::pool {
namespace {

using catalogue::ReplicaState;
using namespace std::chrono_literals;

std::string adler(std::string_view bytes) {
  return fmt::format("{:08x}", adler32(as_bytes(bytes)));
}

PoolConfig quick() {
  PoolConfig config;
  config.scrub_rate = Bytes{1ULL << 30};
  return config;
}

class ScrubberTest : public PoolTest {
 protected:
  // Runs until `is_over` says so, and for at most a minute.
  template <class IsOver>
  void scrub_until(Scrubber& scrubber, IsOver is_over) {
    run([](Scrubber* scrubber, IsOver is_over) -> asio::awaitable<void> {
      co_await with_task_group([&](TaskGroup& group) -> asio::awaitable<void> {
        group.spawn(scrubber->run());
        asio::steady_timer timer(co_await asio::this_coro::executor);
        const auto last = std::chrono::steady_clock::now() + 60s;
        while (!is_over() && std::chrono::steady_clock::now() < last) {
          timer.expires_after(1ms);
          co_await timer.async_wait(as_value);
        }
        EXPECT_TRUE(is_over());
        group.cancel();
      });
    }(&scrubber, is_over));
  }
  ScrubState round() {
    Scrubber scrubber(*service, quick(), metrics);
    scrub_until(scrubber, [&] { return scrubber.state().last.ended_ns != 0; });
    return scrubber.state();
  }
};

TEST_F(ScrubberTest, a_wrong_byte_is_found_and_nothing_else) {
  FileId good = file("good bytes", {{"adler32", adler("good bytes")}});
  FileId bad = file("more bytes", {{"adler32", adler("more bytes")}});
  harm(bad, "mere bytes");
  ScrubState after = round();
  EXPECT_EQ(after.last.replicas, 2U);
  EXPECT_EQ(after.last.bytes, 20U);
  EXPECT_EQ(after.last.broken, 1U);
  EXPECT_EQ(state(good), ReplicaState::online);
  EXPECT_EQ(state(bad), ReplicaState::broken);
}

TEST_F(ScrubberTest, every_checksum_that_is_known_counts) {
  catalogue::Checksums sums{{"adler32", adler("bytes")}, {"md5", std::string(32, '0')}};
  FileId bad = file("bytes", sums);
  EXPECT_EQ(round().last.broken, 1U);
  EXPECT_EQ(state(bad), ReplicaState::broken);
}

TEST_F(ScrubberTest, what_is_gone_or_cut_is_broken) {
  FileId gone = file("bytes", {{"adler32", adler("bytes")}});
  FileId cut = file("bytes", {{"adler32", adler("bytes")}});
  ASSERT_TRUE(store->remove(gone));
  harm(cut, "byte");
  EXPECT_EQ(round().last.broken, 2U);
  EXPECT_EQ(state(gone), ReplicaState::broken);
  EXPECT_EQ(state(cut), ReplicaState::broken);
}

TEST_F(ScrubberTest, a_file_without_a_checksum_gets_one) {
  FileId bare = file("bytes");
  FileId other = file("bytes", {{"md5", "4b3a6218bb3e3a7303e8a171a60fcf92"}});
  FileId unheard_of = file("bytes", {{"crc64", "00"}});
  EXPECT_EQ(round().last.broken, 0U);
  EXPECT_EQ(checksums(bare), (catalogue::Checksums{{"adler32", adler("bytes")}}));
  EXPECT_EQ(checksums(other).at("adler32"), adler("bytes"));
  EXPECT_EQ(checksums(unheard_of).at("adler32"), adler("bytes"));
}

TEST_F(ScrubberTest, uploads_and_what_is_being_deleted_are_none_of_its_business) {
  begin_upload();
  FileId removed = file("bytes", {{"adler32", "00000000"}});
  ASSERT_TRUE(all->replicas().retire(removed, id, catalogue::Last::may_go));
  EXPECT_EQ(round().last.replicas, 0U);
}

TEST_F(ScrubberTest, goes_on_where_another_life_was) {
  FileId first = file("bytes", {{"adler32", "00000000"}});
  FileId second = file("bytes", {{"adler32", "00000000"}});
  ScrubState before{.place = first, .round = {.began_ns = 1, .replicas = 1}, .last = {}};
  ASSERT_TRUE(all->pools().set(id, Scrubber::kept_as, to_text(before)));
  ScrubState after = round();
  EXPECT_EQ(after.last.replicas, 2U);
  EXPECT_EQ(after.last.began_ns, 1);
  EXPECT_EQ(state(first), ReplicaState::online);
  EXPECT_EQ(state(second), ReplicaState::broken);
  auto kept = parse_scrub_state(all->pools().settings(id)->at(Scrubber::kept_as));
  EXPECT_EQ(kept.value().last.replicas, 2U);
}

TEST_F(ScrubberTest, does_nothing_at_rate_0_and_begins_when_there_is_one) {
  FileId bare = file("bytes");
  PoolConfig config = quick();
  config.scrub_rate = Bytes{0};
  Scrubber scrubber(*service, config, metrics);
  int looks = 0;
  scrub_until(scrubber, [&] { return ++looks > 50; });
  EXPECT_FALSE(scrubber.state().is_under_way());
  EXPECT_TRUE(checksums(bare).empty());
  scrubber.adjust(quick());
  scrub_until(scrubber, [&] { return scrubber.state().last.ended_ns != 0; });
  EXPECT_FALSE(checksums(bare).empty());
}

TEST_F(ScrubberTest, ends_in_the_midst_of_a_file_when_the_pool_stops) {
  file(std::string(100'000, 'x'));
  PoolConfig config = quick();
  config.scrub_rate = Bytes{4096};
  Scrubber scrubber(*service, config, metrics);
  Counter& bytes = metrics.counter("sluice_pool_scrubbed_bytes_total", "");
  scrub_until(scrubber, [&] {
    if (bytes.value() > 0) service->stopping = true;
    return bytes.value() > 0;
  });
  EXPECT_LE(bytes.value(), 3 * 4096U);
  EXPECT_EQ(scrubber.state().round.replicas, 0U);
}

TEST(ScrubState, is_the_same_after_a_look_at_its_text) {
  ScrubState state{.place = {17}, .round = {1, 0, 2, 3, 4}, .last = {5, 6, 7, 8, 9}};
  EXPECT_EQ(to_text(parse_scrub_state(to_text(state)).value()), to_text(state));
  for (const char* text : {"", "1 17", "2 17 1 0 2 3 4 5 6 7 8 9", "1 17 1 0 2 3 4 5 6 7 8 -9",
                           "1 17 1 0 2 3 4 5 6 7 8 9 10", "1 x 1 0 2 3 4 5 6 7 8 9"}) {
    EXPECT_FALSE(parse_scrub_state(text)) << text;
  }
}

}  // namespace
}  // namespace sluice::pool
