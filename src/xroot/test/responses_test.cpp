// SPDX-License-Identifier: Apache-2.0
// Behaviour of answers beyond their bytes, which tests/conformance covers.
#include "xroot/responses.h"

#include "xroot/dirlist_text.h"

#include <gtest/gtest.h>

namespace sluice::xroot {
namespace {

std::string text_of(const Body& body, std::size_t from = 0) {
  return std::string(as_text(ByteView(body).subspan(from)));
}

TEST(Hello, onlyTheFiveWordsPass) {
  std::array<std::byte, hello_size> bytes;
  encode_hello(bytes);
  EXPECT_TRUE(is_hello(bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto other = bytes;
    other[i] ^= std::byte{1};
    EXPECT_FALSE(is_hello(other)) << i;
  }
}

TEST(ErrorAnswer, isOneLineThatEndsWithNul) {
  Body body;
  ErrorAnswer{3011, "no\r\nsuch\x1b[2J file"}.encode(body);
  EXPECT_EQ(text_of(body, 4), std::string("no  such [2J file\0", 18));
}

TEST(ErrorAnswer, isCutBetweenCharacters) {
  std::string text(max_error_text - 1, 'a');
  text += "\xc3\xa9";
  Body body;
  ErrorAnswer{3011, text}.encode(body);
  EXPECT_EQ(text_of(body, 4), std::string(max_error_text - 1, 'a') + '\0');
}

TEST(ErrorAnswer, ofAnErrorHasItsNumberAndText) {
  Body body;
  encode_error(body, Error{Errc::exists, "/a", {}});
  const auto answer = ErrorAnswer::decode(body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, 3018u);
  EXPECT_NE(answer->text.find("/a"), std::string_view::npos);
  EXPECT_EQ(answer->to_error().code, Errc::exists);
}

TEST(ErrorAnswer, cannotSteerATerminal) {
  EXPECT_EQ((ErrorAnswer{3011, "a\x1b[31mb"}.to_error().detail), "a [31mb");
}

TEST(DirlistWriter, refusesNamesThatBreakTheListing) {
  DirlistWriter writer(false);
  for (std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."),
        std::string_view("a\nb"), std::string_view("a/b"), std::string_view("a\0b", 3)}) {
    EXPECT_FALSE(writer.add(name)) << name;
  }
  EXPECT_TRUE(writer.add("a\rb"));
}

TEST(DirlistWriter, partsEndAtAnEntryAndTheLastIsNeverEmpty) {
  DirlistWriter writer(false);
  writer.add("a");
  EXPECT_EQ(writer.size(), 0u);
  writer.add("bb");
  EXPECT_EQ(writer.size(), 2u);
  Body part;
  writer.take_part(part);
  EXPECT_EQ(text_of(part), "a\n");
  Body last;
  writer.finish(last);
  EXPECT_EQ(text_of(last), std::string("bb\0", 3));
}

TEST(DirlistReader, refusesALineWithoutAnEnd) {
  DirlistReader reader;
  std::vector<DirectoryEntry> entries;
  const Body flood(40'000, std::byte{'a'});
  EXPECT_TRUE(reader.add(flood, entries));
  const auto status = reader.add(flood, entries);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::protocol);
}

TEST(StatText, blanksInNamesDoNotTearIt) {
  FileStat stat;
  stat.owner = "domain users";
  stat.group = "";
  EXPECT_EQ(format_stat(stat), "0 0 0 0 0 0 0000 domain_users ?");
}

TEST(Frame, hasItsLength) {
  Body out(3);
  encode_frame(out, {std::byte{1}, std::byte{2}}, ResponseStatus::ok,
               [](Body& body) { encode_text(body, "ab"); });
  ASSERT_EQ(out.size(), 3 + response_header_size + 3);
  const auto header = ResponseHeader::decode(ByteView(out).subspan<3, response_header_size>());
  EXPECT_EQ(header.length, 3);
  EXPECT_EQ(header.status, ResponseStatus::ok);
}

}  // namespace
}  // namespace sluice::xroot
