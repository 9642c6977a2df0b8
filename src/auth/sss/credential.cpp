// SPDX-License-Identifier: Apache-2.0
#include "auth/sss/credential.h"

#include "auth/sss/blowfish.h"
#include "base/checksum.h"
#include "base/crypto.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sluice::auth::sss {
namespace {

constexpr std::string_view method = "sss";
constexpr auto blowfish = std::byte{'0'};
constexpr std::size_t nonce_size = 36;  // random bytes and time
constexpr std::size_t crc_size = 4;

tl::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::authentication, fmt::format("sss: {}", what));
}

// Names and items have their NUL counted; clients that forget it are understood.
std::string_view until_nul(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.substr(0, text.find('\0'));
}

std::string_view* field_of(Content& content, ItemType type, std::string_view value) {
  switch (type) {
    case ItemType::name:
      return &content.name;
    case ItemType::groups:
      return &content.groups;
    case ItemType::login_name:
      return &content.login_name;
    case ItemType::host:
      return value.starts_with('[') ? &content.address : &content.host;
    case ItemType::endorsements:
    case ItemType::filler:
      return nullptr;
  }
  return nullptr;  // of a later version
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Result<Envelope> open_envelope(ByteView credential) {
  if (credential.size() < min_credential) return bad("the credential is cut short");
  if (credential.size() > max_credential) return bad("the credential is too large");
  Reader in(credential);
  if (as_text(in.take(4)) != std::string_view("sss\0", 4))
    return bad("the credential is another's");
  in.take(2);
  const std::size_t padded = in.be<std::uint8_t>();
  if (in.take(1)[0] != blowfish) return bad("the credential is encrypted in an unknown way");
  Envelope out;
  out.key_id = in.be<std::int64_t>();
  out.has_name = padded != 0;
  if (padded > max_padded_name || padded % 8 != 0 || padded >= in.rest().size())
    return bad("the credential has a name of a key that is none");
  out.key_name = until_nul(in.take(padded));
  out.sealed = in.rest();
  if (out.sealed.size() < sealed_header_size + crc_size) return bad("the credential is cut short");
  return out;
}

Result<std::vector<std::byte>> unseal(const Envelope& envelope, const Key& key) {
  SLUICE_TRY(auto plain, blowfish_decrypt(key.value, envelope.sealed));
  const std::size_t size = plain.size() - crc_size;
  const auto sent = load_be<std::uint32_t>(ByteView(plain).subspan(size).first<crc_size>());
  if (sent != crc32(ByteView(plain).first(size)))
    return bad("the credential was sealed with another key, or damaged");
  plain.resize(size);
  return plain;
}

Result<Content> parse_content(ByteView plain) {
  Reader in(plain);
  Content out;
  out.nonce = plain.first(std::min(plain.size(), nonce_size));
  in.take(32);
  out.made = epoch + in.be<std::uint32_t>();
  in.take(3);
  out.option = static_cast<Option>(in.be<std::uint8_t>());
  if (in.failed()) return bad("the credential is cut short");
  while (!in.empty()) {
    const auto type = static_cast<ItemType>(in.be<std::uint8_t>());
    const std::size_t size = in.be<std::uint16_t>();
    const ByteView value = in.take(size);
    if (in.failed() || size == 0 || value.front() == std::byte{0})
      return bad("the credential has an item that is cut short or empty");
    if (type == ItemType::filler) continue;
    out.has_items = true;
    const std::string_view text = until_nul(value);
    if (std::string_view* field = field_of(out, type, text)) {
      if (!is_printable(text)) return bad("the credential has an item that is no text");
      *field = text;
    }
  }
  return out;
}

Result<std::vector<std::byte>> seal(const Key& key, std::span<const Item> items,
                                    const Sealing& how) {
  std::vector<std::byte> plain;
  Writer in(plain);
  std::array<std::byte, 32> random{};
  fill_random(random);
  in.bytes(random).be(static_cast<std::uint32_t>(how.now - epoch)).zeros(3);
  in.be(static_cast<std::uint8_t>(how.option));
  for (const Item& item : items) {
    if (item.value.empty() || item.value.size() > 4'000)
      return fail(Errc::invalid_argument, "sss: an item is empty or too long to be sent");
    in.be(static_cast<std::uint8_t>(item.type));
    in.be(static_cast<std::uint16_t>(item.value.size() + 1)).c_text(item.value);
  }
  in.be(crc32(plain));
  if (plain.size() > max_credential - min_credential)
    return fail(Errc::too_long, "sss: too much to be sent");

  std::vector<std::byte> out;
  Writer envelope(out);
  const std::size_t padded = how.with_name ? (key.name.size() / 8 + 1) * 8 : 0;
  envelope.c_text(method).zeros(2).be(static_cast<std::uint8_t>(padded)).bytes({&blowfish, 1});
  envelope.be(key.id);
  if (how.with_name) envelope.text(key.name).zeros(padded - key.name.size());
  SLUICE_TRY(const auto sealed, blowfish_encrypt(key.value, plain));
  envelope.bytes(sealed);
  return out;
}

}  // namespace sluice::auth::sss
