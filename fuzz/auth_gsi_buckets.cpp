// SPDX-License-Identifier: Apache-2.0
// Messages of gsi, as whoever reaches the port may send them: what is decoded comes back the same when it is encoded, and a
// message cut short anywhere in it is refused.
#include "auth/gsi/buckets.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using auth::gsi::Buckets;
  auto message = Buckets::decode(fuzz::view(data, size));
  if (!message) return 0;
  fuzz::check(message->size() <= auth::gsi::max_buckets);
  std::vector<std::byte> bytes = message->encode();
  fuzz::check(bytes.size() <= size);
  auto again = Buckets::decode(bytes);
  fuzz::check(again && again->size() == message->size() && again->encode() == bytes);
  fuzz::check(!Buckets::decode(ByteView(bytes).first(bytes.size() - 1)));
  if (auto main = message->find(auth::gsi::BucketType::main)) (void)Buckets::decode(*main);
  return 0;
}
