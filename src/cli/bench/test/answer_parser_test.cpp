// SPDX-License-Identifier: Apache-2.0
// Answers come out the same however the bytes are cut, data may be dropped unseen, and nonsense is
// refused.
#include "cli/bench/answer_parser.h"

#include "base/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::cli::bench {
namespace {

using xroot::ResponseStatus;

struct Collected final : AnswerVisitor {
  void on_data(const Answer&, ByteView piece) override {
    data.insert(data.end(), piece.begin(), piece.end());
  }
  void on_end(const Answer& answer) override { answers.push_back(answer); }
  std::vector<Answer> answers;
  std::vector<std::byte> data;
};

void put_answer(std::vector<std::byte>& out, std::uint16_t stream, ResponseStatus status,
                std::string_view data) {
  Writer(out).be(stream).be(static_cast<std::uint16_t>(status));
  Writer(out).be(static_cast<std::int32_t>(data.size())).text(data);
}

void put_pages(std::vector<std::byte>& out, std::uint16_t stream, bool last, std::uint64_t offset,
               std::string_view data) {
  std::vector<std::byte> body;
  Writer(body).be(stream).be<std::uint8_t>(30).be<std::uint8_t>(last ? 0 : 1).zeros(4);
  Writer(body).be(static_cast<std::int32_t>(data.size())).be(offset);
  Writer(out)
      .be(stream)
      .be(static_cast<std::uint16_t>(ResponseStatus::status))
      .be<std::int32_t>(24);
  Writer(out).be(crc32c(body)).bytes(body).text(data);
}

std::vector<std::byte> conversation() {
  std::vector<std::byte> bytes;
  put_answer(bytes, 7, ResponseStatus::oksofar, "hello ");
  put_answer(bytes, 7, ResponseStatus::ok, "");
  put_pages(bytes, 9, false, 4096, "pages ");
  put_pages(bytes, 9, true, 8192, "and more");
  put_answer(bytes, 1, ResponseStatus::error, "\0\0\0\1no");
  return bytes;
}

void expect_conversation(const Collected& seen) {
  ASSERT_EQ(seen.answers.size(), 5u);
  EXPECT_FALSE(seen.answers[0].last);
  EXPECT_EQ(seen.answers[0].stream, 7);
  EXPECT_TRUE(seen.answers[1].last);
  EXPECT_EQ(seen.answers[2].offset, 4096u);
  EXPECT_EQ(seen.answers[2].length, 6u);
  EXPECT_FALSE(seen.answers[2].last);
  EXPECT_TRUE(seen.answers[3].last);
  EXPECT_TRUE(seen.answers[3].header_valid);
  EXPECT_EQ(seen.answers[4].status, ResponseStatus::error);
}

TEST(AnswerParser, SeesTheSameHoweverTheBytesAreCut) {
  const std::vector<std::byte> bytes = conversation();
  EXPECT_TRUE(rc::check([&bytes] {
    AnswerParser parser;
    Collected seen;
    for (ByteView rest = bytes; !rest.empty();) {
      const auto n = std::min(*rc::gen::inRange<std::size_t>(1, 40), rest.size());
      RC_ASSERT(parser.consume(rest.first(n), seen));
      rest = rest.subspan(n);
    }
    expect_conversation(seen);
    RC_ASSERT(as_text(seen.data).starts_with("hello pages and more"));
  }));
}

TEST(AnswerParser, DropsDataUnseen) {
  std::vector<std::byte> bytes;
  put_answer(bytes, 3, ResponseStatus::ok, std::string(1000, 'x'));
  AnswerParser parser;
  Collected seen;
  EXPECT_EQ(parser.header_missing(false), 8u);
  EXPECT_EQ(parser.header_missing(true), 32u);
  ASSERT_TRUE(parser.consume(ByteView(bytes).first(5), seen));
  EXPECT_EQ(parser.header_missing(false), 3u);
  EXPECT_EQ(parser.data_ahead(), 0u);
  ASSERT_TRUE(parser.consume(ByteView(bytes).subspan(5, 13), seen));
  EXPECT_EQ(parser.data_ahead(), 990u);
  parser.drop(900, seen);
  EXPECT_TRUE(seen.answers.empty());
  parser.drop(90, seen);
  EXPECT_EQ(seen.answers.size(), 1u);
  EXPECT_EQ(seen.data.size(), 10u);
}

TEST(AnswerParser, NoticesAWrongChecksum) {
  std::vector<std::byte> bytes;
  put_pages(bytes, 9, true, 0, "x");
  bytes[24] ^= std::byte{1};
  AnswerParser parser;
  Collected seen;
  ASSERT_TRUE(parser.consume(bytes, seen));
  EXPECT_FALSE(seen.answers.at(0).header_valid);
}

TEST(AnswerParser, RefusesImpossibleLengths) {
  std::vector<std::byte> bytes;
  Writer(bytes).be<std::uint16_t>(0).be<std::uint16_t>(0).be<std::int32_t>(-1);
  AnswerParser parser;
  Collected seen;
  EXPECT_FALSE(parser.consume(bytes, seen));
  bytes.clear();
  put_answer(bytes, 0, ResponseStatus::status, "too short");
  AnswerParser other;
  EXPECT_FALSE(other.consume(bytes, seen));
}

}  // namespace
}  // namespace sluice::cli::bench
