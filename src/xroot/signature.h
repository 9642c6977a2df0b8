// SPDX-License-Identifier: Apache-2.0
// Signed requests: what is signed, when a request has to be, and both ends of it. A signature is a kXR_sigver frame directly
// in front of its request, with the same stream id; it holds the hash of the request, encrypted with the key that the
// authentication left, or bare where the server takes that ("without_encryption").
#pragma once

#include "auth/method.h"
#include "xroot/protocol.h"
#include "xroot/requests/sigver.h"
#include "xroot/signing_rules.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace sluice::xroot {

using HeaderBytes = std::span<const std::byte, request_header_size>;

// Whether level 1 to 4 wants this request signed. Of writev and clone nobody signs, and no level asks for it.
bool must_be_signed(std::size_t level, std::uint16_t id, FixedPart fixed, ByteView payload);

// The client's end.
class Signer {
 public:
  // `cipher` may be null. Nothing is signed where neither it nor the rules make that possible.
  Signer(SigningRules rules, std::shared_ptr<const auth::SessionCipher> cipher)
      : rules_(std::move(rules)), cipher_(std::move(cipher)) {}

  // What goes in front of a request: empty when it needs no signature.
  Result<std::vector<std::byte>> sign(HeaderBytes header, ByteView payload);

 private:
  SigningRules rules_;
  std::shared_ptr<const auth::SessionCipher> cipher_;
  std::uint64_t sequence_ = 0;
};

// The server's end, for one connection.
class SignatureCheck {
 public:
  // A kXR_sigver came. Errc::signature: it can belong to nothing.
  Status note(const RequestHeader& header, ByteView payload);
  // The next request: with the signature that came, if one did. Errc::signature: there is none and `is_needed`, or it is
  // wrong.
  Status check(HeaderBytes header, ByteView payload, bool is_needed,
               const auth::SessionCipher* cipher);

 private:
  struct Noted {
    StreamId stream{};
    std::uint16_t id = 0;
    std::uint64_t sequence = 0;
    bool without_payload = false;
    std::vector<std::byte> signature;
  };
  std::optional<Noted> noted_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace sluice::xroot
