// SPDX-License-Identifier: Apache-2.0
// kXR_auth: one credential of one authentication method.
// Wire: reserved[12] method[4] ("gsi\0", "unix"); payload: the credential, which starts with the
// method's name again.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Auth {
  static constexpr std::uint16_t id = 3000;
  static constexpr std::string_view name = "auth";
  static constexpr std::size_t max_payload = max_plain_payload;
  static constexpr Gate gate = Gate::logged_in;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = never_signed;

  // What an unauthenticated peer may send, below max_payload.
  static constexpr std::size_t max_first_credential = 16 * 1024;

  std::array<char, 4> method{};  // padded with NUL
  ByteView credential;

  std::string_view method_name() const {
    const std::string_view padded(method.data(), method.size());
    return padded.substr(0, padded.find('\0'));
  }
  bool operator==(const Auth& other) const {
    return method == other.method && same_bytes(credential, other.credential);
  }

  static Result<Auth> decode(FixedPart fixed, ByteView payload) {
    Auth request;
    std::ranges::copy(as_text(fixed.last<4>()), request.method.begin());
    if (request.method_name().empty())
      return fail(Errc::invalid_argument, "authentication method has no name");
    request.credential = payload;
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).skip(12).bytes(std::as_bytes(std::span(method)));
    Writer(out.payload).bytes(credential);
    return out;
  }
};

}  // namespace sluice::xroot
