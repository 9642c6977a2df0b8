// SPDX-License-Identifier: Apache-2.0
// Every request decoder. Input: a frame; the number is folded so that each input is some request.
// What is decoded and encoded again is the same request.
#include "check.h"
#include "xroot/requests/all.h"

namespace {

using namespace sluice;
using namespace sluice::xroot;

template <class R>
void decode_one(const RequestHeader& header, ByteView behind) {
  const std::size_t limit = R::max_payload;
  const auto request = R::decode(header.body, behind.first(std::min(behind.size(), limit)));
  if (!request) return;
  const EncodedRequest encoded = request->encode();
  const auto again = R::decode(encoded.fixed, encoded.payload);
  fuzz::check(again.has_value() && *again == *request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame = fuzz::view(data, size);
  if (frame.size() < request_header_size) return 0;
  auto header = RequestHeader::decode(frame.first<request_header_size>());
  if (header.id < first_request_id || header.id > last_request_id) {
    header.id = static_cast<std::uint16_t>(first_request_id + header.id % AllRequests::size);
  }
  AllRequests::with(header.id,
                    [&]<class R>() { decode_one<R>(header, frame.subspan(request_header_size)); });
  return 0;
}
