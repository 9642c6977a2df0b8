// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/protocol.h"

#include "base/crypto.h"
#include "base/text.h"

#include <array>

namespace sluice::auth::gsi {
namespace {

// Bytes; everybody sends eight. A longer one could be the digest of something else, in the form that RSA signatures have (34 bytes
// and more): whoever signs it has signed that.
constexpr std::size_t max_tag = 32;

}  // namespace

std::string_view Tag::renew() {
  std::array<std::byte, 6> bytes{};  // eight characters
  fill_random(bytes);
  text_ = base64url(bytes);
  return text_;
}

Status Tag::check(const Buckets& answer, EVP_PKEY* peer_key) {
  std::string expected = std::exchange(text_, {});
  SLUICE_TRY(ByteView sealed, answer.need(BucketType::signed_tag, "our signed tag"));
  SLUICE_TRY(std::vector<std::byte> tag, recover_pieces(peer_key, sealed));
  if (expected.empty() || !equal_in_constant_time(tag, as_bytes(expected)))
    return fail(Errc::authentication, "gsi: the signed tag is not the one that was sent");
  return {};
}

Status answer_tag(const Buckets& from, Buckets& to, EVP_PKEY* key) {
  auto tag = from.find(BucketType::random_tag);
  if (!tag || tag->empty()) return {};
  if (tag->size() > max_tag) return fail(Errc::authentication, "gsi: a tag of more than 32 bytes");
  SLUICE_TRY(std::vector<std::byte> sealed, sign_pieces(key, *tag));
  to.add(BucketType::signed_tag, sealed);
  return {};
}

bool names_module(std::string_view modules) {
  for (std::string_view module : split(modules, '|')) {
    if (module.ends_with(no_padding)) module.remove_suffix(no_padding.size());
    if (module == crypto_module) return true;
  }
  return false;
}

}  // namespace sluice::auth::gsi
