// SPDX-License-Identifier: Apache-2.0
// The page layout. Input: file offset (8 bytes), length of the pieces (2 bytes), wire form.
// All data come out once, in order, whatever the pieces; without a bad page encoding gives the same bytes.
#include "check.h"
#include "xroot/page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::xroot;
  Reader in(fuzz::view(data, size));
  const std::uint64_t offset = in.be<std::uint64_t>() >> 1;
  const std::size_t piece = std::size_t{1} + in.be<std::uint16_t>();
  if (in.failed()) return 0;
  const ByteView wire = in.rest();
  auto decoder = PageDecoder::create(offset, wire.size());
  if (!decoder) {
    fuzz::check(decoder.error().code == Errc::invalid_argument);
    return 0;
  }
  const std::uint64_t announced = decoder->data_left();
  fuzz::check(page_wire_size(offset, announced) == wire.size());
  std::vector<std::byte> plain;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    decoder->feed(wire.subspan(at, std::min(piece, wire.size() - at)),
                  [&](std::uint64_t where, ByteView bytes) {
                    fuzz::check(where == offset + plain.size());
                    plain.insert(plain.end(), bytes.begin(), bytes.end());
                  });
  }
  fuzz::check(decoder->done() && plain.size() == announced);
  std::vector<std::byte> again(wire.size());
  encode_pages(offset, plain, again);
  fuzz::check(std::ranges::equal(again, wire) == decoder->bad().empty());
  return 0;
}
