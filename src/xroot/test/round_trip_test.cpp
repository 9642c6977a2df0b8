// SPDX-License-Identifier: Apache-2.0
// decode(encode(x)) == x for every request and every kind of answer, with fields of any value.
#include "xroot/dirlist_text.h"
#include "xroot/requests/all.h"
#include "xroot/responses.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

namespace sluice::xroot {
namespace {

// Draws field values and keeps the texts that the structs only look at.
class Draw {
 public:
  template <class T>
  T number() {
    return *rc::gen::arbitrary<T>();
  }
  template <class T>
  T number(T lo, T hi) {
    return *rc::gen::inRange<T>(lo, hi);
  }
  bool flag() { return *rc::gen::arbitrary<bool>(); }
  std::uint64_t offset() { return *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 62); }
  std::uint32_t length() { return *rc::gen::inRange<std::uint32_t>(0, 1u << 31); }

  // Without NUL, which ends texts on the wire, and without the characters in `not_in`.
  std::string_view text(std::string_view not_in = "") {
    auto& kept = texts_.emplace_back();
    for (char c : *rc::gen::arbitrary<std::string>()) {
      if (c != '\0' && not_in.find(c) == std::string_view::npos) kept += c;
    }
    return kept;
  }
  // The same, never empty.
  std::string_view word(std::string_view not_in = " \n\t") {
    texts_.emplace_back("w" + std::string(text(not_in)));
    return texts_.back();
  }
  // The same without control characters, after `begin`.
  std::string_view printable(std::string_view not_in, std::string_view begin = "w") {
    std::string kept(begin);
    for (char c : text(not_in)) {
      if (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) kept += c;
    }
    return texts_.emplace_back(std::move(kept));
  }
  ByteView bytes() {
    texts_.push_back(*rc::gen::arbitrary<std::string>());
    return as_bytes(texts_.back());
  }
  Lines lines() {
    std::string all;
    for (int i = number(0, 4); i > 0; --i) all += "/" + std::string(text("\n")) + "\n";
    if (!all.empty()) all.pop_back();
    texts_.push_back(all);
    return Lines(texts_.back());
  }
  VectorItems items() {
    std::vector<VectorItem> list(number<std::size_t>(0, 20));
    for (auto& item : list) item = {number<std::uint32_t>(), number(0u, 2097137u), offset()};
    bodies_.push_back(VectorItems::encode(list));
    return *VectorItems::decode(bodies_.back());
  }
  template <class Flags, std::size_t N>
  void flags(Flags& out, const std::array<FlagBit<Flags>, N>& table) {
    read_flags(out, number<std::uint16_t>(), table);
  }
  SessionId session() {
    SessionId id;
    for (auto& b : id) b = static_cast<std::byte>(number<std::uint8_t>());
    return id;
  }
  FileStat stat() {
    FileStat s;
    s.id = number<std::uint64_t>();
    s.size = offset();
    s.flags = StatFlags::from_word(number<std::uint32_t>());
    s.mtime = number<std::int64_t>();
    s.is_long_form = flag();
    if (!s.is_long_form) return s;
    s.ctime = number<std::int64_t>();
    s.atime = number<std::int64_t>();
    s.mode = number<std::uint16_t>(0, 010000);
    s.owner = "root";
    s.group = *rc::gen::element<std::string>("1000", "g", "domain-users");
    return s;
  }

 private:
  std::deque<std::string> texts_;
  std::deque<Body> bodies_;
};

// --- requests ---------------------------------------------------------------------------------------------------------

void fill(Auth& r, Draw& d) {
  r.method = {'g', 's', 'i', '\0'};
  r.credential = d.bytes();
}
void fill(Query& r, Draw& d) {
  r = {static_cast<QueryKind>(d.number<std::uint16_t>()), d.number<std::uint32_t>(), d.text()};
}
void fill(Chmod& r, Draw& d) { r = {d.number<std::uint16_t>(0, 01000), d.text()}; }
void fill(Close& r, Draw& d) { r.handle = d.number<std::uint32_t>(); }
void fill(Dirlist& r, Draw& d) {
  d.flags(r.flags, dirlist_flag_bits);
  r.flags.with_stat = r.flags.with_stat || r.flags.with_checksum || r.flags.with_long_stat;
  r.path = d.text();
}
void fill(Gpfile& r, Draw& d) {
  r = {d.number<std::uint32_t>(), d.number<std::uint32_t>(), d.text()};
}
void fill(Protocol& r, Draw& d) {
  r.version = d.number<std::uint32_t>();
  d.flags(r.flags, protocol_flag_bits);
  r.expect = static_cast<Expect>(d.number<std::uint8_t>(0, 16));
}
void fill(Login& r, Draw& d) {
  r.pid = d.number<std::int32_t>();
  r.set_user_name(d.text());
  d.flags(r.abilities, ability_bits);
  r.abilities.erasure_redirects = d.flag();
  r.client_version = d.number<std::uint8_t>(0, 64);
  r.accepts_async = d.flag();
  r.cgi = d.text("?");
}
void fill(Mkdir& r, Draw& d) { r = {d.flag(), d.number<std::uint16_t>(0, 01000), d.text()}; }
void fill(Mv& r, Draw& d) { r = {d.word(""), d.word("")}; }
void fill(Open& r, Draw& d) {
  r.mode = d.number<std::uint16_t>(0, 01000);
  d.flags(r.flags, open_option_bits);
  d.flags(r.flags, open_more_option_bits);
  r.flags.return_stat = r.flags.return_stat || r.flags.return_statx;
  r.template_handle = d.number<std::uint32_t>();
  r.path = d.text();
}
void fill(Ping&, Draw&) {}
void fill(Chkpoint& r, Draw& d) {
  r.handle = d.number<std::uint32_t>();
  r.code = static_cast<CheckpointCode>(d.number<std::uint8_t>(0, 5));
  if (r.code != CheckpointCode::execute) return;
  r.nested.id = *rc::gen::element(Write::id, Pgwrite::id, Truncate::id, Writev::id);
  r.nested.length = d.number(0, 1 << 30);
  r.nested.body = d.session();
}
void fill(Read& r, Draw& d) {
  r = {d.number<std::uint32_t>(), d.offset(), d.length(), d.number<std::uint8_t>(), d.items()};
}
void fill(Rm& r, Draw& d) { r.path = d.text(); }
void fill(Rmdir& r, Draw& d) { r.path = d.text(); }
void fill(Sync& r, Draw& d) { r.handle = d.number<std::uint32_t>(); }
void fill(Stat& r, Draw& d) { r = {d.flag(), d.flag(), d.number<std::uint32_t>(), d.text()}; }
void fill(Set& r, Draw& d) { r = {d.number<std::uint8_t>(), d.text()}; }
void fill(Write& r, Draw& d) {
  r = {d.number<std::uint32_t>(), d.offset(), d.number<std::uint8_t>()};
}
void fill(Fattr& r, Draw& d) {
  r.handle = d.number<std::uint32_t>();
  r.code = static_cast<FattrCode>(d.number<std::uint8_t>(0, 4));
  r.must_be_new = d.flag();
  r.with_values = d.flag();
  r.path = d.text();
  if (r.code == FattrCode::list) return;
  r.items.resize(d.number<std::size_t>(1, Fattr::max_items + 1));
  for (auto& item : r.items) {
    item.name = d.word("");
    if (r.code == FattrCode::set) item.value = d.bytes();
  }
}
void fill(Prepare& r, Draw& d) {
  d.flags(r.flags, prepare_flag_bits);
  r.flags.evict = d.flag();
  r.priority = d.number<std::uint8_t>(0, 4);
  r.notify_port = d.number<std::uint16_t>();
  r.paths = d.lines();
}
void fill(Statx& r, Draw& d) { r.paths = d.lines(); }
void fill(Endsess& r, Draw& d) { r.session = d.session(); }
void fill(Bind& r, Draw& d) { r.session = d.session(); }
void fill(Readv& r, Draw& d) { r = {d.number<std::uint8_t>(), d.items()}; }
void fill(Pgwrite& r, Draw& d) {
  r = {d.number<std::uint32_t>(), d.offset(), d.number<std::uint8_t>(), d.flag()};
}
void fill(Locate& r, Draw& d) {
  d.flags(r.flags, locate_flag_bits);
  r.any_server = d.flag();
  r.path = d.text("*");
}
void fill(Truncate& r, Draw& d) { r = {d.number<std::uint32_t>(), d.offset(), d.text()}; }
void fill(Sigver& r, Draw& d) {
  r = {d.number<std::uint16_t>(), d.number<std::uint8_t>(), d.flag(),
       d.number<std::uint64_t>(), d.number<std::uint8_t>(), as_bytes(d.word())};
}
void fill(Pgread& r, Draw& d) {
  r = {d.number<std::uint32_t>(), d.offset(), d.length(), d.number<std::uint8_t>(), d.flag()};
}
void fill(Writev& r, Draw& d) { r = {d.flag(), d.items()}; }
void fill(Clone& r, Draw& d) {
  r.handle = d.number<std::uint32_t>();
  r.ranges.resize(d.number<std::size_t>(0, 8));
  for (auto& range : r.ranges)
    range = {d.number<std::uint32_t>(), d.offset(), d.offset(), d.offset()};
}

TEST(RoundTrip, requests) {
  AllRequests::each([]<class R>() {
    EXPECT_TRUE(rc::check(std::string(R::name), [] {
      Draw draw;
      R request;
      fill(request, draw);
      const EncodedRequest encoded = request.encode();
      RC_ASSERT(encoded.id == R::id);
      RC_ASSERT(encoded.payload.size() <= R::max_payload);
      const auto again = R::decode(encoded.fixed, encoded.payload);
      RC_ASSERT(again.has_value());
      RC_ASSERT(*again == request);
    }));
  });
}

// --- answers ----------------------------------------------------------------------------------------------------------

void fill(HelloAnswer& a, Draw& d) { a = {d.number<std::uint32_t>(), d.flag()}; }
void fill(ProtocolAnswer& a, Draw& d) {
  a.version = d.number<std::uint32_t>();
  a.flags = d.number<std::uint32_t>();
  if (!d.flag()) return;
  a.signing = SigningRules{d.flag(), d.flag(), d.number<std::uint8_t>(0, 5), {}};
  for (int i = d.number(0, 5); i > 0; --i)
    a.signing->exceptions.emplace_back(d.number<std::uint8_t>(), 2);
}
void fill(LoginAnswer& a, Draw& d) { a = {d.session(), d.text()}; }
void fill(BindAnswer& a, Draw& d) { a.path_id = d.number<std::uint8_t>(); }
void fill(OpenAnswer& a, Draw& d) {
  a.handle = d.number<std::uint32_t>();
  if (d.flag()) a.stat = d.stat();
}
void fill(CheckpointAnswer& a, Draw& d) {
  a = {d.number<std::uint32_t>(), d.number<std::uint32_t>()};
}
void fill(BadPages& a, Draw& d) {
  a = {d.number<std::uint16_t>(0, 4097), d.number<std::uint16_t>(0, 4097), {d.offset()}};
  for (int i = d.number(0, 9); i > 0; --i) a.offsets.push_back(d.offset());
}
void fill(LocateAnswer& a, Draw& d) {
  for (int i = d.number(0, 4); i > 0; --i)
    a.locations.push_back({d.flag(), d.flag(), d.flag(), d.word()});
}
void fill(ChecksumAnswer& a, Draw& d) { a = {d.word(), d.word()}; }
void fill(SpaceAnswer& a, Draw& d) {
  a = {d.word("&"), d.offset(), d.offset(),
       d.offset(),  d.offset(), d.number<std::int64_t>(-1, 1 << 30)};
}
void fill(ConfigAnswer& a, Draw& d) {
  for (int i = d.number(0, 4); i > 0; --i)
    a.values.push_back(*rc::gen::element<std::string_view>("", "15", "0:md5,1:crc32", "a b"));
}
void fill(RedirectAnswer& a, Draw& d) {
  a.is_url = d.flag();
  a.target = d.printable("?");
  if (a.is_url) {
    a.option_bits = d.number(0u, 1u << 31);
  } else {
    a.port = d.number<std::uint16_t>(1, 65535);
  }
  a.cgi = d.printable("?", "");
  a.login_token = d.printable("", "");
}
void fill(WaitAnswer& a, Draw& d) { a = {d.length(), d.text()}; }
void fill(Attention& a, Draw& d) {
  if (d.flag()) {
    a.message = d.text();
    return;
  }
  a.body = d.bytes();
  a.answer = ResponseHeader{{std::byte{1}, std::byte{2}},
                            ResponseStatus::redirect,
                            static_cast<std::int32_t>(a.body.size())};
}
void fill(ErrorAnswer& a, Draw& d) {
  a = {d.number<std::uint32_t>(),
       *rc::gen::element<std::string_view>("", "x", "no such file: /\xc3\xa9")};
}

template <class... A>
struct AnswerList {};

template <class... A>
void check_answers(AnswerList<A...>) {
  const auto one = []<class Answer>() {
    EXPECT_TRUE(rc::check([] {
      Draw draw;
      Answer answer;
      fill(answer, draw);
      Body body;
      answer.encode(body);
      const auto again = Answer::decode(body);
      RC_ASSERT(again.has_value());
      RC_ASSERT(*again == answer);
    }));
  };
  (one.template operator()<A>(), ...);
}

TEST(RoundTrip, answers) {
  check_answers(AnswerList<HelloAnswer, ProtocolAnswer, LoginAnswer, BindAnswer, OpenAnswer,
                           CheckpointAnswer, BadPages, LocateAnswer, ChecksumAnswer, SpaceAnswer,
                           ConfigAnswer, RedirectAnswer, WaitAnswer, Attention, ErrorAnswer>{});
}

RC_GTEST_PROP(RoundTrip, attributes, ()) {
  Draw draw;
  const bool with_values = draw.flag();
  AttributeAnswer answer;
  for (int i = draw.number(0, 16); i > 0; --i) {
    AttributeResult result{draw.word(), {}, {}};
    if (draw.flag()) {
      result.error = Errc::no_attribute;
    } else if (with_values) {
      result.value = draw.bytes();
    }
    answer.results.push_back(result);
  }
  Body body;
  answer.encode(body, with_values);
  const auto again = AttributeAnswer::decode(body, with_values);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == answer);
}

RC_GTEST_PROP(RoundTrip, attributeList, ()) {
  Draw draw;
  const bool with_values = draw.flag();
  AttributeList list;
  for (int i = draw.number(0, 16); i > 0; --i) {
    list.attributes.push_back({draw.word(), {}, with_values ? draw.bytes() : ByteView{}});
  }
  Body body;
  list.encode(body, with_values);
  const auto again = AttributeList::decode(body, with_values);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == list);
}

RC_GTEST_PROP(RoundTrip, pageStatus, ()) {
  Draw draw;
  PageStatus status{{std::byte{7}, std::byte{9}},
                    *rc::gen::element(Pgread::id, Pgwrite::id),
                    *rc::gen::element(PageStatus::Part::last, PageStatus::Part::partial),
                    draw.length(),
                    draw.offset()};
  Body body;
  status.encode(body);
  const auto again = PageStatus::decode(ByteView(body).first<PageStatus::wire_size>());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == status);
  const auto at = draw.number<std::size_t>(0, body.size());
  body[at] ^= std::byte{0x10};
  const auto spoilt = PageStatus::decode(ByteView(body).first<PageStatus::wire_size>());
  RC_ASSERT(!spoilt && spoilt.error().code == Errc::checksum);
}

// Frames may cut the listing at any entry, and TCP at any byte.
RC_GTEST_PROP(RoundTrip, listings, ()) {
  Draw draw;
  const bool with_stat = draw.flag();
  const bool with_checksum = with_stat && draw.flag();
  std::vector<DirectoryEntry> entries(draw.number<std::size_t>(0, 20));
  DirlistWriter writer(with_stat);
  Body all;
  for (auto& entry : entries) {
    entry.name = draw.word("\n/");
    if (with_stat) entry.stat = draw.stat();
    if (with_checksum) {
      entry.checksum_type = "adler32";
      entry.checksum_value = "0a1b2c3d";
    }
    const std::string checksum = with_checksum ? "adler32:0a1b2c3d" : "";
    RC_ASSERT(writer.add(entry.name, entry.stat ? &*entry.stat : nullptr, checksum));
    if (draw.flag()) writer.take_part(all);
  }
  writer.finish(all);
  RC_ASSERT(all.empty() == entries.empty());

  std::vector<DirectoryEntry> got;
  DirlistReader reader;
  for (ByteView rest = all; !rest.empty();) {
    const auto part = draw.number<std::size_t>(1, rest.size() + 1);
    RC_ASSERT(reader.add(rest.first(part), got).has_value());
    rest = rest.subspan(part);
  }
  RC_ASSERT(reader.finish(got).has_value());
  RC_ASSERT(got == entries);
}

}  // namespace
}  // namespace sluice::xroot
