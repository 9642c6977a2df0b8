// SPDX-License-Identifier: Apache-2.0
// Every decoder of answers. Input: a frame; its body goes to all of them, because the client chooses by the request.
// What is decoded and encoded is stable: doing both again changes nothing.
#include "check.h"
#include "xroot/dirlist_text.h"
#include "xroot/responses.h"

namespace {

using namespace sluice;
using namespace sluice::xroot;

template <class Decode, class Encode>
void check_stable(ByteView body, Decode decode, Encode encode) {
  const auto first = decode(body);
  if (!first) return;
  Body once;
  encode(*first, once);
  const auto second = decode(once);
  fuzz::check(second.has_value());
  Body twice;
  encode(*second, twice);
  fuzz::check(once == twice);
}

template <class A>
void decode_one(ByteView body) {
  check_stable(
      body, [](ByteView in) { return A::decode(in); },
      [](const A& answer, Body& out) { answer.encode(out); });
}

template <class A>
void decode_attributes(ByteView body, bool with_values) {
  check_stable(
      body, [=](ByteView in) { return A::decode(in, with_values); },
      [=](const A& answer, Body& out) { answer.encode(out, with_values); });
}

void decode_listing(ByteView body) {
  DirlistReader reader;
  std::vector<DirectoryEntry> entries;
  const std::size_t half = body.size() / 2;
  if (!reader.add(body.first(half), entries) || !reader.add(body.subspan(half), entries) ||
      !reader.finish(entries))
    return;
  for (const DirectoryEntry& entry : entries) {
    fuzz::check(!entry.name.empty() && entry.name != ".." &&
                entry.name.find('/') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame = fuzz::view(data, size);
  if (frame.size() < response_header_size) return 0;
  const ByteView body = frame.subspan(response_header_size);
  decode_one<HelloAnswer>(body);
  decode_one<ProtocolAnswer>(body);
  decode_one<LoginAnswer>(body);
  decode_one<BindAnswer>(body);
  decode_one<OpenAnswer>(body);
  decode_one<CheckpointAnswer>(body);
  decode_one<BadPages>(body);
  decode_one<LocateAnswer>(body);
  decode_one<ChecksumAnswer>(body);
  decode_one<SpaceAnswer>(body);
  decode_one<ConfigAnswer>(body);
  decode_one<RedirectAnswer>(body);
  decode_one<WaitAnswer>(body);
  decode_one<Attention>(body);
  decode_one<ErrorAnswer>(body);
  for (bool with_values : {false, true}) {
    decode_attributes<AttributeAnswer>(body, with_values);
    decode_attributes<AttributeList>(body, with_values);
  }
  if (body.size() >= PageStatus::wire_size) {
    const auto status = PageStatus::decode(body.first<PageStatus::wire_size>());
    fuzz::check(status || status.error().code == Errc::checksum ||
                status.error().code == Errc::protocol);
    if (body.size() > PageStatus::wire_size)
      decode_one<BadPages>(body.subspan(PageStatus::wire_size));
  }
  (void)parse_stat(decode_text(body));
  (void)parse_file_system_stat(decode_text(body));
  decode_listing(body);
  return 0;
}
