// SPDX-License-Identifier: Apache-2.0
// A credential of sss from both ends: as it comes from the wire, and, since chance never makes a right CRC, as what a key
// holder sealed.
#include "auth/sss/credential.h"
#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::auth::sss;
  const ByteView input = fuzz::view(data, size);
  Key key;
  key.id = 7;
  key.name = "mykey";
  key.value.assign(32, std::byte{5});

  if (const auto envelope = open_envelope(input)) {
    fuzz::check(envelope->key_name.size() <= max_padded_name);
    fuzz::check(envelope->sealed.size() < input.size());
    if (const auto plain = unseal(*envelope, key)) (void)parse_content(*plain);
  }
  if (const auto content = parse_content(input)) {
    fuzz::check(content->nonce.size() == 36);
    fuzz::check(!content->address.empty() || content->host.find('[') != 0);
    const Item item{ItemType::name, content->name.empty() ? "x" : content->name};
    const auto sealed = seal(key, {&item, 1}, {2'000'000'000, size % 2 == 0, Option::use_items});
    if (!sealed) return 0;  // too long
    const auto envelope = open_envelope(*sealed);
    fuzz::check(envelope && envelope->key_id == key.id && envelope->has_name == (size % 2 == 0));
    const auto plain = unseal(*envelope, key);
    fuzz::check(plain.has_value());
    const auto again = parse_content(*plain);
    fuzz::check(again && again->name == item.value && again->made == 2'000'000'000);
  }
  return 0;
}
