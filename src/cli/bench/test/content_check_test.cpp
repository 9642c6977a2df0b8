// SPDX-License-Identifier: Apache-2.0
// --verify notices every wrong bit, wrong place, missing and surplus byte, however the data are
// cut.
#include "cli/bench/content_check.h"

#include "base/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::cli::bench {
namespace {

using Form = ContentCheck::Form;

std::vector<std::byte> content(Extent extent) {
  std::vector<std::byte> bytes(extent.offset % 8 + extent.length);
  fill_pattern(bytes, extent.offset / 8 * 8);
  return {bytes.end() - extent.length, bytes.end()};
}

std::vector<std::byte> answer(Form form, const std::vector<Extent>& extents) {
  std::vector<std::byte> out;
  for (const Extent& extent : extents) {
    const std::vector<std::byte> bytes = content(extent);
    if (form == Form::vector) Writer(out).be<std::uint32_t>(1).be(extent.length).be(extent.offset);
    if (form != Form::pages) {
      Writer(out).bytes(bytes);
      continue;
    }
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t n = std::min(4096 - (extent.offset + at) % 4096, bytes.size() - at);
      Writer(out).be(crc32c(ByteView(bytes).subspan(at, n))).bytes(ByteView(bytes).subspan(at, n));
      at += n;
    }
  }
  return out;
}

bool accepts(Form form, const std::vector<Extent>& extents, ByteView bytes, std::size_t cut) {
  static const Payload payload = *Payload::create(1 << 20, false);
  ContentCheck check;
  check.expect(form, extents, payload);
  while (!bytes.empty()) {
    const std::size_t n = std::min(cut, bytes.size());
    check.feed(bytes.first(n));
    bytes = bytes.subspan(n);
  }
  return check.passed();
}

std::vector<Extent> some_extents(Form form) {
  const std::size_t count = form == Form::vector ? *rc::gen::inRange<std::size_t>(1, 6) : 1;
  std::vector<Extent> extents(count);
  for (Extent& extent : extents) {
    extent.offset = *rc::gen::inRange<std::uint64_t>(0, 100'000'000);
    extent.length = *rc::gen::inRange<std::uint32_t>(1, 20'000);
  }
  return extents;
}

TEST(ContentCheck, AcceptsOnlyWhatTheFileHolds) {
  EXPECT_TRUE(rc::check([] {
    const Form form = *rc::gen::element(Form::plain, Form::pages, Form::vector);
    const std::vector<Extent> extents = some_extents(form);
    std::vector<std::byte> bytes = answer(form, extents);
    const auto cut = *rc::gen::inRange<std::size_t>(1, 9000);
    RC_ASSERT(accepts(form, extents, bytes, cut));
    RC_ASSERT(!accepts(form, extents, ByteView(bytes).first(bytes.size() - 1), cut));

    std::vector<std::byte> longer = bytes;
    longer.push_back(std::byte{0});
    RC_ASSERT(!accepts(form, extents, longer, cut));

    const std::size_t at =
        *rc::gen::inRange<std::size_t>(form == Form::vector ? 4 : 0, bytes.size());
    const bool is_handle = form == Form::vector && at >= 16 && extents.size() > 1;
    bytes[at] ^= std::byte{0x10};
    RC_ASSERT(is_handle || !accepts(form, extents, bytes, cut));
  }));
}

TEST(ContentCheck, NoticesDataOfAnotherPlace) {
  const Extent here{8192, 4096};
  const Extent there{12288, 4096};
  EXPECT_TRUE(accepts(Form::plain, {here}, answer(Form::plain, {here}), 1000));
  EXPECT_FALSE(accepts(Form::plain, {here}, answer(Form::plain, {there}), 1000));
  EXPECT_FALSE(accepts(Form::pages, {here}, answer(Form::pages, {there}), 1000));
  EXPECT_FALSE(accepts(Form::vector, {here, there}, answer(Form::vector, {there, here}), 1000));
}

}  // namespace
}  // namespace sluice::cli::bench
