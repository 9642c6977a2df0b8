// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace sluice {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 64;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

// To set a key up, OpenSSL looks the algorithm up under a lock, which loops would meet at with every open. A program uses few
// keys: each thread keeps its last one.
class Hmac {
 public:
  Hmac() : context_(::EVP_MAC_CTX_new(algorithm()), &::EVP_MAC_CTX_free) {}
  ~Hmac() { ::OPENSSL_cleanse(key_.data(), key_.size()); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Sha256 sign(ByteView key, ByteView message) {
    Sha256 out{};
    std::size_t size = 0;
    if (!begin(key) || ::EVP_MAC_update(context_.get(), as_octets(message), message.size()) != 1 ||
        ::EVP_MAC_final(context_.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                        out.size()) != 1) {
      throw std::runtime_error("OpenSSL has no HMAC with SHA-256");
    }
    return out;
  }

 private:
  // Never freed: threads may outlive static objects.
  static EVP_MAC* algorithm() {
    static EVP_MAC* const hmac = ::EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    return hmac;
  }

  static const unsigned char* as_octets(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  }

  bool begin(ByteView key) {
    if (!key_.empty() && std::ranges::equal(key, key_))
      return ::EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1;
    ::OPENSSL_cleanse(key_.data(), key_.size());
    key_.assign(key.begin(), key.end());
    std::string digest = "SHA256";
    const std::array settings{
        ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        ::OSSL_PARAM_construct_end()};
    return ::EVP_MAC_init(context_.get(), as_octets(key), key.size(), settings.data()) == 1;
  }

  std::unique_ptr<EVP_MAC_CTX, decltype(&::EVP_MAC_CTX_free)> context_;
  std::vector<std::byte> key_;
};

}  // namespace

Sha256 sha256(std::initializer_list<ByteView> parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(),
                                                                          &::EVP_MD_CTX_free);
  Sha256 out{};
  bool good = context && ::EVP_DigestInit_ex(context.get(), ::EVP_sha256(), nullptr) == 1;
  for (ByteView part : parts)
    good = good && ::EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!good || ::EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                    nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  return out;
}

Sha256 hmac_sha256(ByteView key, ByteView message) {
  thread_local Hmac hmac;
  return hmac.sign(key, message);
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  // Every open of a client compares its token, 1 KB: many bytes at a time, where CRYPTO_memcmp looks at one. The loop has no
  // way out before its end.
  std::byte differences{};
  for (std::size_t i = 0; i < a.size(); ++i) differences |= a[i] ^ b[i];
  return differences == std::byte{};
}

void fill_random(ByteSpan out) {
  while (!out.empty()) {
    ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::string base64url(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::byte b : bytes) {
    held = (held << 8) | std::to_integer<std::uint32_t>(b);
    for (bits += 8; bits >= 6; bits -= 6) out += alphabet[(held >> (bits - 6)) & 63];
  }
  if (bits != 0) out += alphabet[(held << (6 - bits)) & 63];
  return out;
}

Result<std::vector<std::byte>> decode_base64url(std::string_view text) {
  std::vector<std::byte> out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (char c : text) {
    std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit) return fail(Errc::invalid_argument, "not base64url");
    held = (held << 6) | digit;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::byte>(held >> bits));
  }
  // What is left over must be less than a digit, and nothing.
  if (bits == 6 || (held & ((1U << bits) - 1)) != 0)
    return fail(Errc::invalid_argument, "not base64url");
  return out;
}

}  // namespace sluice
