// SPDX-License-Identifier: Apache-2.0
// kXR_sigver: the signature of the request that follows it with the same stream id. It has no
// answer of its own. Wire: expected-id u16 version u8 flags u8 sequence u64 crypto u8 reserved[3];
// payload: the signature, which is the hash SHA-256(sequence, header, payload) encrypted with the
// session key, or bare.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Sigver {
  static constexpr std::uint16_t id = 3029;
  static constexpr std::string_view name = "sigver";
  static constexpr std::size_t max_payload = 1024;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = never_signed;

  static constexpr std::uint8_t crypto_sha256 = 0x01;
  static constexpr std::uint8_t crypto_rsa = 0x80;  // flag; nobody is known to send it

  std::uint16_t expected_id = 0;  // of the request that follows
  std::uint8_t version = 0;
  bool without_payload = false;  // the payload is not part of the hash
  std::uint64_t sequence = 0;    // grows strictly on a connection
  std::uint8_t crypto = crypto_sha256;
  ByteView signature;

  bool operator==(const Sigver& other) const {
    return expected_id == other.expected_id && version == other.version &&
           without_payload == other.without_payload && sequence == other.sequence &&
           crypto == other.crypto && same_bytes(signature, other.signature);
  }

  static Result<Sigver> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Sigver request;
    request.expected_id = head.be<std::uint16_t>();
    request.version = head.be<std::uint8_t>();
    request.without_payload = (head.be<std::uint8_t>() & no_data_bit) != 0;
    request.sequence = head.be<std::uint64_t>();
    request.crypto = head.be<std::uint8_t>();
    request.signature = payload;
    if (payload.empty()) return fail(Errc::invalid_argument, "signature is empty");
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed)
        .be(expected_id)
        .be(version)
        .be<std::uint8_t>(without_payload ? no_data_bit : 0)
        .be(sequence)
        .be(crypto);
    Writer(out.payload).bytes(signature);
    return out;
  }

 private:
  static constexpr std::uint8_t no_data_bit = 1;
};

}  // namespace sluice::xroot
