// SPDX-License-Identifier: Apache-2.0
// The Diffie-Hellman agreement of gsi. A public value travels as text: the group in PEM, "---BPUB---", the value in hexadecimal,
// "---EPUB---". The server chooses the group, the client repeats it.
#pragma once

#include "auth/gsi/config.h"
#include "auth/gsi/openssl.h"
#include "base/bytes.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::auth::gsi {

enum class Group : std::uint8_t { xrootd, ffdhe3072 };
inline constexpr std::array groups{Group::xrootd, Group::ffdhe3072};

// For a client of this release ("v5.5.3", as kXR_login says; empty: unknown).
Group group_for(GroupChoice choice, std::string_view client_release);

struct GroupNumbers;

// In PEM: what every blob of the group begins with.
std::string_view text_of(Group group);

class AgreementKey {
 public:
  static Result<AgreementKey> generate(Group group);
  // In the group of the peer's blob, which is not checked to be a good one: whoever sends it knows the secret anyway.
  static Result<AgreementKey> generate_for(ByteView blob);

  // What the peer is sent.
  std::string blob() const;
  // The secret with the peer whose blob this is; only the value is read of it, and 0, 1, p-1, p and above are refused.
  // `is_padded`: to the size of p; otherwise zero bytes in front are left out. The caller wipes it.
  Result<std::vector<std::byte>> agree(ByteView blob, bool is_padded) const;

 private:
  static Result<AgreementKey> make(std::shared_ptr<const GroupNumbers> group);
  AgreementKey(std::shared_ptr<const GroupNumbers> group, Number exponent, Number value)
      : group_(std::move(group)), exponent_(std::move(exponent)), value_(std::move(value)) {}

  std::shared_ptr<const GroupNumbers> group_;
  Number exponent_;
  Number value_;
};

}  // namespace sluice::auth::gsi
