// SPDX-License-Identifier: Apache-2.0
// Walks the byte vectors of tests/conformance: each is decoded, compared with its text, encoded
// again and compared with its bytes. Most were recorded from Debian's xrdcp, xrdfs and
// xrootd 5.5.3. The format is in tests/conformance/README.md.
#include "describe.h"
#include "xroot/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>

namespace sluice::xroot {
namespace {

namespace fs = std::filesystem;

struct Vector {
  std::string name;
  int line = 0;
  Body bytes;
  std::string want;
  bool is_canonical = true;  // encode(decode(bytes)) is `bytes` again
};

int digit(char c) {
  const std::size_t at = std::string_view("0123456789abcdef").find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

void append_hex(Body& out, std::string_view text) {
  int high = -1;
  for (char c : text) {
    if (c == ' ') continue;
    ASSERT_GE(digit(c), 0) << "not a hex digit: " << c;
    if (high < 0) {
      high = digit(c);
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + digit(c)));
      high = -1;
    }
  }
  ASSERT_LT(high, 0) << "odd number of hex digits";
}

std::vector<Vector> load(const fs::path& file) {
  std::vector<Vector> vectors;
  std::ifstream in(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string key = line.substr(0, blank);
    const std::string value = line.substr(std::min(blank + 1, line.size()));
    if (key == "case") {
      vectors.push_back({value, number, {}, {}, true});
    } else if (vectors.empty()) {
      ADD_FAILURE() << file << ":" << number << ": no case yet";
    } else if (key == "hex") {
      append_hex(vectors.back().bytes, value);
    } else if (key == "text") {
      for (char c : value) vectors.back().bytes.push_back(static_cast<std::byte>(c));
    } else if (key == "want") {
      vectors.back().want = value;
    } else if (key == "one-way") {
      vectors.back().is_canonical = false;
    } else {
      ADD_FAILURE() << file << ":" << number << ": unknown key " << key;
    }
  }
  return vectors;
}

struct Outcome {
  std::string text;
  Body again;  // empty: not encoded
};

Outcome failure(const Error& error) {
  return {"error " + std::string(error_row(error.code).name), {}};
}

// --- requests
// ---------------------------------------------------------------------------------------------------------

template <class R>
Outcome check_request(const RequestHeader& header, ByteView behind) {
  const auto announced = static_cast<std::size_t>(header.length);
  std::size_t payload_size = std::min(announced, behind.size());
  if constexpr (streams_data_of<R>) payload_size = std::min(payload_size, R::max_payload);
  if (payload_size > R::max_payload) return {"error payload too long", {}};
  const auto request = R::decode(header.body, behind.first(payload_size));
  if (!request) return failure(request.error());

  const EncodedRequest encoded = request->encode();
  EXPECT_EQ(encoded.id, R::id);
  RequestHeader again{header.stream, encoded.id, encoded.fixed, header.length};
  const ByteView data = behind.subspan(payload_size);
  if constexpr (streams_data_of<R>) {
    // Of writev the header counts the list, of the others the data.
    if constexpr (requires { request->items; }) {
      EXPECT_EQ(data.size(), request->items.total_length());
      again.length = static_cast<std::int32_t>(encoded.payload.size());
    } else {
      EXPECT_EQ(data.size(), announced);
    }
  } else {
    EXPECT_EQ(behind.size(), announced);
    again.length = static_cast<std::int32_t>(encoded.payload.size());
  }
  Outcome outcome{describe(*request), Body(request_header_size)};
  again.encode(std::span<std::byte, request_header_size>(outcome.again));
  Writer(outcome.again).bytes(encoded.payload).bytes(data);

  const auto twice = R::decode(encoded.fixed, encoded.payload);
  EXPECT_TRUE(twice && *twice == *request) << "decode(encode(x)) is not x";
  return outcome;
}

Outcome check_request(ByteView frame) {
  if (frame.size() < request_header_size) return {"error frame without header", {}};
  const auto header = RequestHeader::decode(frame.first<request_header_size>());
  if (header.length < 0) return {"error negative length", {}};
  Outcome outcome{"error unknown request", {}};
  AllRequests::with(header.id, [&]<class R>() {
    outcome = check_request<R>(header, frame.subspan(request_header_size));
  });
  return outcome;
}

// --- answers
// ----------------------------------------------------------------------------------------------------------

template <class A>
Outcome check_answer(ByteView body) {
  const auto answer = A::decode(body);
  if (!answer) return failure(answer.error());
  Outcome outcome{describe(*answer), {}};
  answer->encode(outcome.again);
  return outcome;
}

template <class A, bool with_values>
Outcome check_attributes(ByteView body) {
  const auto answer = A::decode(body, with_values);
  if (!answer) return failure(answer.error());
  Outcome outcome{describe(*answer), {}};
  answer->encode(outcome.again, with_values);
  return outcome;
}

Outcome check_stat(ByteView body) {
  const auto stat = parse_stat(decode_text(body));
  if (!stat) return failure(stat.error());
  Outcome outcome{describe(*stat), {}};
  encode_text(outcome.again, format_stat(*stat));
  return outcome;
}

Outcome check_file_system_stat(ByteView body) {
  const auto stat = parse_file_system_stat(decode_text(body));
  if (!stat) return failure(stat.error());
  Outcome outcome{describe(*stat), {}};
  encode_text(outcome.again, format_stat(*stat));
  return outcome;
}

Outcome check_dirlist(ByteView body) {
  std::vector<DirectoryEntry> entries;
  DirlistReader reader;
  if (auto status = reader.add(body, entries); !status) return failure(status.error());
  if (auto status = reader.finish(entries); !status) return failure(status.error());
  Outcome outcome{describe(entries), {}};
  DirlistWriter writer(
      std::ranges::any_of(entries, [](const DirectoryEntry& e) { return e.stat.has_value(); }));
  for (const DirectoryEntry& e : entries) {
    const std::string checksum =
        e.checksum_type.empty() ? "" : e.checksum_type + ":" + e.checksum_value;
    EXPECT_TRUE(writer.add(e.name, e.stat ? &*e.stat : nullptr, checksum));
  }
  writer.finish(outcome.again);
  return outcome;
}

Outcome check_readv(ByteView body) {
  Outcome outcome{"readv", {}};
  Reader in(body);
  while (!in.empty()) {
    const ByteView head = in.take(VectorItem::wire_size);
    if (in.failed()) return {"error torn", {}};
    const auto item = VectorItem::decode(head.first<VectorItem::wire_size>());
    const ByteView data = in.take(item.length);
    if (in.failed()) return {"error torn", {}};
    outcome.text += " " + describe(item);
    outcome.again.resize(outcome.again.size() + VectorItem::wire_size);
    item.encode(ByteSpan(outcome.again).last<VectorItem::wire_size>());
    Writer(outcome.again).bytes(data);
  }
  return outcome;
}

Outcome check_page_status(ByteView body) {
  if (body.size() < PageStatus::wire_size) return {"error torn", {}};
  const auto status = PageStatus::decode(body.first<PageStatus::wire_size>());
  if (!status) return failure(status.error());
  Outcome outcome{describe(*status), {}};
  status->encode(outcome.again);
  const ByteView data = body.subspan(PageStatus::wire_size);
  EXPECT_EQ(data.size(), status->data_length);
  if (status->request == Pgwrite::id && !data.empty()) {
    const auto pages = BadPages::decode(data);
    if (!pages) return failure(pages.error());
    outcome.text += " " + describe(*pages);
    pages->encode(outcome.again);
    return outcome;
  }
  auto decoder = PageDecoder::create(status->offset, data.size());
  if (!decoder) return failure(decoder.error());
  Body plain;
  decoder->feed(data, [&](std::uint64_t, ByteView piece) { Writer(plain).bytes(piece); });
  for (const BadPage& bad : decoder->bad()) {
    outcome.text += " bad " + std::to_string(bad.offset) + "+" + std::to_string(bad.length);
  }
  Body wire(page_wire_size(status->offset, plain.size()));
  encode_pages(status->offset, plain, wire);
  Writer(outcome.again).bytes(wire);
  return outcome;
}

const std::map<std::string, std::function<Outcome(ByteView)>>& answers() {
  static const std::map<std::string, std::function<Outcome(ByteView)>> table = {
      {"hello", check_answer<HelloAnswer>},
      {"protocol", check_answer<ProtocolAnswer>},
      {"login", check_answer<LoginAnswer>},
      {"bind", check_answer<BindAnswer>},
      {"open", check_answer<OpenAnswer>},
      {"chkpoint", check_answer<CheckpointAnswer>},
      {"locate", check_answer<LocateAnswer>},
      {"fattr_get", check_attributes<AttributeAnswer, true>},
      {"fattr_set", check_attributes<AttributeAnswer, false>},
      {"fattr_list", check_attributes<AttributeList, false>},
      {"fattr_list_values", check_attributes<AttributeList, true>},
      {"checksum", check_answer<ChecksumAnswer>},
      {"space", check_answer<SpaceAnswer>},
      {"config", check_answer<ConfigAnswer>},
      {"redirect", check_answer<RedirectAnswer>},
      {"wait", check_answer<WaitAnswer>},
      {"waitresp", check_answer<WaitAnswer>},
      {"attn", check_answer<Attention>},
      {"error", check_answer<ErrorAnswer>},
      {"stat", check_stat},
      {"statvfs", check_file_system_stat},
      {"dirlist", check_dirlist},
      {"readv", check_readv},
      {"status", check_page_status},
  };
  return table;
}

Outcome check_answer_frame(const std::string& kind, ByteView frame) {
  if (frame.size() < response_header_size) return {"error frame without header", {}};
  const auto header = ResponseHeader::decode(frame.first<response_header_size>());
  const ByteView body = frame.subspan(response_header_size);
  const std::size_t counted =
      header.status == ResponseStatus::status ? PageStatus::wire_size : body.size();
  EXPECT_EQ(static_cast<std::size_t>(header.length), counted);
  Outcome outcome = answers().at(kind)(body);
  if (outcome.text.starts_with("error ") && outcome.again.empty()) return outcome;
  Body whole(response_header_size);
  header.encode(std::span<std::byte, response_header_size>(whole));
  Writer(whole).bytes(outcome.again);
  outcome.again = std::move(whole);
  return outcome;
}

std::string to_hex_text(ByteView bytes) {
  std::string out;
  for (std::byte b : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

template <class Check>
std::set<std::string> walk(const char* folder, Check check) {
  std::set<std::string> stems;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SLUICE_SOURCE_DIR) / "tests/conformance" / folder)) {
    if (entry.path().extension() != ".hex") continue;
    const std::string stem = entry.path().stem();
    stems.insert(stem);
    bool has_good = false;
    bool has_bad = false;
    for (const Vector& vector : load(entry.path())) {
      SCOPED_TRACE(entry.path().filename().string() + ":" + std::to_string(vector.line) + " " +
                   vector.name);
      const Outcome outcome = check(stem, vector.bytes);
      EXPECT_EQ(outcome.text, vector.want);
      const bool is_bad = vector.want.starts_with("error ") && outcome.again.empty();
      (is_bad ? has_bad : has_good) = true;
      if (!is_bad && vector.is_canonical)
        EXPECT_EQ(to_hex_text(outcome.again), to_hex_text(vector.bytes));
    }
    EXPECT_TRUE(has_good) << entry.path() << " has no good vector";
    EXPECT_TRUE(has_bad) << entry.path() << " has no malformed vector";
  }
  return stems;
}

TEST(Conformance, requests) {
  const auto stems = walk("requests", [](const std::string& stem, ByteView frame) {
    const Outcome outcome = check_request(frame);
    EXPECT_TRUE(outcome.text.starts_with(stem) || outcome.text.starts_with("error "))
        << "vector of another request";
    return outcome;
  });
  for (std::string_view name : AllRequests::names) {
    EXPECT_TRUE(stems.contains(std::string(name))) << "no vectors for " << name;
  }
}

TEST(Conformance, answers) {
  const auto stems = walk("responses", check_answer_frame);
  for (const auto& [name, check] : answers())
    EXPECT_TRUE(stems.contains(name)) << "no vectors for " << name;
}

}  // namespace
}  // namespace sluice::xroot
