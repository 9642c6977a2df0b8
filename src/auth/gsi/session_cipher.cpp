// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/session_cipher.h"

#include "auth/gsi/config.h"
#include "base/crypto.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <array>

namespace sluice::auth {
namespace gsi {
namespace {

using CipherContext = Owned<EVP_CIPHER_CTX, &EVP_CIPHER_CTX_free>;

struct Kind {
  std::string_view name;
  const EVP_CIPHER* (*cipher)();
};
constexpr std::array<Kind, 3> kinds{{{"aes-256-cbc", &EVP_aes_256_cbc},
                                     {"aes-192-cbc", &EVP_aes_192_cbc},
                                     {"aes-128-cbc", &EVP_aes_128_cbc}}};

const unsigned char* raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

const EVP_CIPHER* kind_of(std::string_view name) {
  for (const Kind& kind : kinds) {
    if (kind.name == name) return kind.cipher();
  }
  return nullptr;
}

}  // namespace

bool is_known_cipher(std::string_view name) { return kind_of(name) != nullptr; }

Result<std::shared_ptr<const AesSession>> AesSession::make(std::string_view name, ByteView secret,
                                                           bool has_vector) {
  const EVP_CIPHER* kind = kind_of(name);
  if (!kind) return fail(Errc::authentication, "gsi: a cipher that is not offered");
  auto size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(kind));
  if (secret.size() < size)
    return fail(Errc::authentication, "gsi: the key agreement gave too short a key");
  return std::make_shared<const AesSession>(kind, secret.first(size), has_vector);
}

AesSession::~AesSession() { OPENSSL_cleanse(key_.data(), key_.size()); }

Result<std::vector<std::byte>> AesSession::run(bool is_encryption, ByteView vector,
                                               ByteView in) const {
  CipherContext context(EVP_CIPHER_CTX_new());
  std::vector<std::byte> out(in.size() + vector_size);
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  int head = 0;
  int tail = 0;
  if (!context ||
      EVP_CipherInit_ex(context.get(), kind_, nullptr, raw(key_), raw(vector),
                        is_encryption ? 1 : 0) != 1 ||
      EVP_CipherUpdate(context.get(), to, &head, raw(in), static_cast<int>(in.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), to + head, &tail) != 1) {
    openssl_reason();
    return fail(Errc::authentication, "gsi: the encrypted part cannot be read");
  }
  out.resize(static_cast<std::size_t>(head + tail));
  return out;
}

Result<std::vector<std::byte>> AesSession::encrypt(ByteView plain) const {
  std::array<std::byte, vector_size> vector{};
  if (!has_vector_) return run(true, vector, plain);
  fill_random(vector);
  SLUICE_TRY(std::vector<std::byte> text, run(true, vector, plain));
  text.insert(text.begin(), vector.begin(), vector.end());
  return text;
}

Result<std::vector<std::byte>> AesSession::decrypt(ByteView cipher) const {
  static constexpr std::array<std::byte, vector_size> zero{};
  if (!has_vector_) return run(false, zero, cipher);
  if (cipher.size() < vector_size)
    return fail(Errc::authentication, "gsi: the encrypted part cannot be read");
  return run(false, cipher.first(vector_size), cipher.subspan(vector_size));
}

}  // namespace gsi

Status check_gsi_ciphers(const std::vector<std::string>& names) {
  if (names.empty()) return fail(Errc::invalid_argument, "at least one cipher is needed");
  for (const std::string& name : names) {
    if (!gsi::is_known_cipher(name)) {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' is none of aes-256-cbc, aes-192-cbc, aes-128-cbc", name));
    }
  }
  return {};
}

}  // namespace sluice::auth
