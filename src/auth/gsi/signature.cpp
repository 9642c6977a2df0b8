// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/signature.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace sluice::auth::gsi {
namespace {

constexpr std::size_t max_signed = 16 * 1024;  // bytes
constexpr std::size_t padding = 11;            // of PKCS#1 v1.5, at least

using Operation = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*,
                          std::size_t);

Result<std::vector<std::byte>> in_pieces(EVP_PKEY* key, int (*begin)(EVP_PKEY_CTX*),
                                         Operation operation, ByteView bytes, std::size_t piece) {
  auto key_size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (!context || begin(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) {
    return fail(Errc::authentication, "gsi: a key that cannot sign: " + openssl_reason());
  }
  std::vector<std::byte> out;
  while (!bytes.empty()) {
    ByteView part = bytes.first(std::min(piece, bytes.size()));
    std::size_t size = key_size;
    std::size_t before = out.size();
    out.resize(before + key_size);
    if (operation(context.get(), reinterpret_cast<unsigned char*>(out.data() + before), &size,
                  reinterpret_cast<const unsigned char*>(part.data()), part.size()) != 1) {
      openssl_reason();
      return fail(Errc::authentication, "gsi: a signature was not made with the peer's key");
    }
    out.resize(before + size);
    bytes = bytes.subspan(part.size());
  }
  return out;
}

}  // namespace

bool is_usable_key(const EVP_PKEY* key) {
  if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return false;
  int bits = EVP_PKEY_get_bits(key);
  return bits >= 1024 && bits <= 8192;
}

std::size_t piece_size(const EVP_PKEY* key) {
  return static_cast<std::size_t>(EVP_PKEY_get_size(key)) - padding;
}

Result<std::vector<std::byte>> sign_pieces(EVP_PKEY* key, ByteView bytes) {
  return in_pieces(key, &EVP_PKEY_sign_init, &EVP_PKEY_sign, bytes, piece_size(key));
}

Result<std::vector<std::byte>> recover_pieces(EVP_PKEY* key, ByteView bytes) {
  auto size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
  if (bytes.empty() || bytes.size() % size != 0 || bytes.size() > max_signed)
    return fail(Errc::authentication, "gsi: a signature of the wrong length");
  return in_pieces(key, &EVP_PKEY_verify_recover_init, &EVP_PKEY_verify_recover, bytes, size);
}

Result<Key> public_key_in(ByteView pem) {
  Memory in = memory_of(pem);
  Key key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr));
  if (!key)
    return fail(Errc::authentication, "gsi: a public key that is none: " + openssl_reason());
  if (!is_usable_key(key.get()))
    return fail(Errc::authentication, "gsi: the public key is not RSA of 1024 to 8192 bits");
  return key;
}

std::string public_key_pem(EVP_PKEY* key) {
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(out.get(), key);
  return text_in(out.get());
}

}  // namespace sluice::auth::gsi
