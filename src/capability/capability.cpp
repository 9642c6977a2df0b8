// SPDX-License-Identifier: Apache-2.0
#include "capability/capability.h"

namespace sluice::capability {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t mac_size = 16;

void write_text(Writer& out, std::string_view text) {
  out.be(static_cast<std::uint8_t>(text.size())).text(text);
}

std::string read_text(Reader& in) { return std::string(as_text(in.take(in.be<std::uint8_t>()))); }

std::vector<std::byte> body_of(const Capability& right, std::uint32_t key) {
  std::vector<std::byte> body;
  Writer out(body);
  out.be(version)
      .be(key)
      .be(static_cast<std::uint8_t>(right.operation))
      .be(right.attempt)
      .be(right.file)
      .be(right.pool)
      .be(right.size)
      .be(right.expires)
      .be(right.nonce)
      .be(right.mode)
      .be(right.owner)
      .be(right.group);
  write_text(out, right.queue);
  write_text(out, right.user);
  out.be(static_cast<std::uint8_t>(right.excluded.size()));
  for (std::int64_t pool : right.excluded) out.be(pool);
  return body;
}

// What the signature stands for; it was verified before, so that nothing here is a guess.
Result<Capability> read_body(ByteView body) {
  Reader in(body);
  in.be<std::uint8_t>();
  in.be<std::uint32_t>();
  Capability right;
  right.operation = static_cast<Operation>(in.be<std::uint8_t>());
  right.attempt = in.be<std::uint8_t>();
  right.file = in.be<std::int64_t>();
  right.pool = in.be<std::int64_t>();
  right.size = in.be<std::uint64_t>();
  right.expires = in.be<std::uint32_t>();
  right.nonce = in.be<std::uint64_t>();
  right.mode = in.be<std::uint16_t>();
  right.owner = in.be<std::uint32_t>();
  right.group = in.be<std::uint32_t>();
  right.queue = read_text(in);
  right.user = read_text(in);
  std::size_t excluded = in.be<std::uint8_t>();
  if (excluded > max_excluded) return fail(Errc::not_authorized, "the capability is malformed");
  for (std::size_t i = 0; i < excluded; ++i) right.excluded.push_back(in.be<std::int64_t>());
  return in.finish(std::move(right));
}

}  // namespace

Result<std::string> sign(const Capability& capability, const KeyRing& keys) {
  auto key = keys.signer();
  if (!key) return fail(Errc::server, "there is no key to sign capabilities with");
  if (capability.queue.size() > max_text || capability.user.size() > max_text ||
      capability.excluded.size() > max_excluded) {
    return fail(Errc::too_long, "a text of the capability");
  }
  std::vector<std::byte> body = body_of(capability, key->id);
  Sha256 mac = hmac_sha256(key->secret, body);
  Writer(body).bytes(ByteView(mac).first(mac_size));
  return base64url(body);
}

Result<Capability> verify(std::string_view text, const KeyRing& keys, std::uint32_t now) {
  if (text.size() > max_encoded) return fail(Errc::not_authorized, "the capability is too long");
  auto bytes = decode_base64url(text);
  if (!bytes || bytes->size() < mac_size) {
    return fail(Errc::not_authorized, "the capability is malformed");
  }
  ByteView all(*bytes);
  ByteView body = all.first(all.size() - mac_size);
  Reader head(body);
  if (head.be<std::uint8_t>() != version)
    return fail(Errc::not_authorized, "the capability is of another version of this program");
  auto key = keys.find(head.be<std::uint32_t>());
  if (!key) return fail(Errc::not_authorized, "the key of the capability is not known here");
  Sha256 mac = hmac_sha256(key->secret, body);
  if (!equal_in_constant_time(ByteView(mac).first(mac_size), all.last(mac_size)))
    return fail(Errc::not_authorized, "the signature of the capability is wrong");
  SLUICE_TRY(Capability right, read_body(body));
  if (right.expires < now) return fail(Errc::not_authorized, "the capability has expired");
  return right;
}

}  // namespace sluice::capability
