// SPDX-License-Identifier: Apache-2.0
// kXR_protocol: which version, which options, does TLS start now?
// Wire: client-version i32 flags u8 expect u8 reserved[10]; no payload. Allowed before login and
// repeated by some clients.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct ProtocolFlags {
  bool signing_rules = false;  // secreqs: send the 'S' block
  bool can_tls = false;
  bool want_tls = false;
  bool bind_rules = false;  // bifreqs: send the 'B' block

  bool operator==(const ProtocolFlags&) const = default;
};

inline constexpr std::array protocol_flag_bits = {
    FlagBit<ProtocolFlags>{0x01, &ProtocolFlags::signing_rules},
    FlagBit<ProtocolFlags>{0x02, &ProtocolFlags::can_tls},
    FlagBit<ProtocolFlags>{0x04, &ProtocolFlags::want_tls},
    FlagBit<ProtocolFlags>{0x08, &ProtocolFlags::bind_rules}};

// What the client will send next; only the low four bits count. Other numbers are treated as none.
enum class Expect : std::uint8_t {
  none = 0,
  bind = 1,
  gpfile = 2,
  login = 3,
  third_party_copy = 4,
  gpfile_anonymous = 8
};

struct Protocol {
  static constexpr std::uint16_t id = 3006;
  static constexpr std::string_view name = "protocol";
  static constexpr std::size_t max_payload = 0;
  static constexpr Gate gate = Gate::connected;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = never_signed;

  std::uint32_t version = protocol_version;
  ProtocolFlags flags;
  Expect expect = Expect::none;

  bool operator==(const Protocol&) const = default;

  static Result<Protocol> decode(FixedPart fixed, ByteView) {
    Reader head(fixed);
    Protocol request;
    request.version = head.be<std::uint32_t>();
    read_flags(request.flags, head.be<std::uint8_t>(), protocol_flag_bits);
    request.expect = static_cast<Expect>(head.be<std::uint8_t>() & expect_mask);
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed)
        .be(version)
        .be(static_cast<std::uint8_t>(write_flags(flags, protocol_flag_bits)))
        .be(static_cast<std::uint8_t>(expect));
    return out;
  }

 private:
  static constexpr std::uint8_t expect_mask = 0x0f;
};

}  // namespace sluice::xroot
