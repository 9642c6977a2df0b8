// SPDX-License-Identifier: Apache-2.0
#include "auth/sss/blowfish.h"

#include "base/fd.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::auth::sss {
namespace {

constexpr std::size_t longest_key = 72;  // bytes that Blowfish looks at

enum class Direction : int { decrypt = 0, encrypt = 1 };

using Context = Owned<EVP_CIPHER_CTX, &EVP_CIPHER_CTX_free>;

// Lives as long as the program: threads may outlast static objects.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = []() -> const EVP_CIPHER* {
    OSSL_LIB_CTX* library = ::OSSL_LIB_CTX_new();
    if (library == nullptr || ::OSSL_PROVIDER_load(library, "legacy") == nullptr) return nullptr;
    return ::EVP_CIPHER_fetch(library, "BF-CFB", nullptr);
  }();
  return fetched;
}

const unsigned char* octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Result<std::vector<std::byte>> run(ByteView key, ByteView in, Direction direction) {
  SLUICE_CHECK(check_blowfish());
  key = key.first(std::min(key.size(), longest_key));
  if (key.empty() || in.size() > std::numeric_limits<int>::max())
    return fail(Errc::invalid_argument, "no key for Blowfish, or too much to encrypt");
  const Context context(::EVP_CIPHER_CTX_new());
  constexpr std::array<unsigned char, 8> start{};
  std::vector<std::byte> out(in.size());
  int size = 0;
  const int way = static_cast<int>(direction);
  const bool done =
      context &&
      ::EVP_CipherInit_ex2(context.get(), cipher(), nullptr, nullptr, way, nullptr) == 1 &&
      ::EVP_CIPHER_CTX_set_key_length(context.get(), static_cast<int>(key.size())) == 1 &&
      ::EVP_CipherInit_ex2(context.get(), nullptr, octets(key), start.data(), way, nullptr) == 1 &&
      ::EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         octets(in), static_cast<int>(in.size())) == 1;
  if (!done || static_cast<std::size_t>(size) != in.size())
    return fail(Errc::server, "OpenSSL's Blowfish failed");
  return out;
}

}  // namespace

Status check_blowfish() {
  if (cipher() != nullptr) return {};
  return fail(Errc::unsupported, "OpenSSL's legacy provider, which has Blowfish, is not installed");
}

Result<std::vector<std::byte>> blowfish_encrypt(ByteView key, ByteView plain) {
  return run(key, plain, Direction::encrypt);
}

Result<std::vector<std::byte>> blowfish_decrypt(ByteView key, ByteView cipher_text) {
  return run(key, cipher_text, Direction::decrypt);
}

}  // namespace sluice::auth::sss
