// SPDX-License-Identifier: Apache-2.0
// The cipher of a gsi session: AES in CBC mode with the first bytes of the agreed secret as key. Since version 10400 each text is
// preceded by its random start vector; before, the vector was zero.
#pragma once

#include "auth/gsi/openssl.h"
#include "auth/method.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::gsi {

inline constexpr std::size_t vector_size = 16;

bool is_known_cipher(std::string_view name);

class AesSession final : public SessionCipher {
 public:
  // `name` is a known cipher. Errc::authentication: the secret is too short.
  static Result<std::shared_ptr<const AesSession>> make(std::string_view name, ByteView secret,
                                                        bool has_vector);
  ~AesSession() override;
  Result<std::vector<std::byte>> encrypt(ByteView plain) const override;
  // Errc::authentication, the same words whatever is wrong.
  Result<std::vector<std::byte>> decrypt(ByteView cipher) const override;

  AesSession(const EVP_CIPHER* kind, ByteView key, bool has_vector)
      : kind_(kind), key_(key.begin(), key.end()), has_vector_(has_vector) {}

 private:
  Result<std::vector<std::byte>> run(bool is_encryption, ByteView vector, ByteView in) const;

  const EVP_CIPHER* kind_;
  std::vector<std::byte> key_;
  bool has_vector_;
};

}  // namespace sluice::auth::gsi
