// SPDX-License-Identifier: Apache-2.0
// kXR_login: who the client says it is and what it can do. The name is a label, never an identity.
// Wire: pid i32 user[8] ability2 u8 ability u8 capver u8 reserved; payload: CGI about the client
// (xrd.cc=...&xrd.rn=...) and the login token of a redirect; XrdCl sends it without a leading '?',
// other clients with one.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

struct Abilities {
  bool full_urls = false;        // understands redirects to a whole URL
  bool multi_protocol = false;   // and to URLs of other protocols; implies full_urls
  bool redirects_reads = false;  // kXR_readrdok: a read may be redirected
  bool dual_stack = false;       // has IPv4 and IPv6
  bool only_private_v4 = false;
  bool only_private_v6 = false;
  bool local_files = false;        // may be redirected to file://
  bool redirect_flags = false;     // understands option bits in negative redirect ports
  bool erasure_redirects = false;  // ability2 kXR_ecredir

  bool operator==(const Abilities&) const = default;
};

inline constexpr std::array ability_bits = {FlagBit<Abilities>{0x01, &Abilities::full_urls},
                                            FlagBit<Abilities>{0x02, &Abilities::multi_protocol},
                                            FlagBit<Abilities>{0x04, &Abilities::redirects_reads},
                                            FlagBit<Abilities>{0x08, &Abilities::dual_stack},
                                            FlagBit<Abilities>{0x10, &Abilities::only_private_v4},
                                            FlagBit<Abilities>{0x20, &Abilities::only_private_v6},
                                            FlagBit<Abilities>{0x40, &Abilities::local_files},
                                            FlagBit<Abilities>{0x80, &Abilities::redirect_flags}};

struct Login {
  static constexpr std::uint16_t id = 3007;
  static constexpr std::string_view name = "login";
  static constexpr std::size_t max_payload = 4 * 1024;
  static constexpr Gate gate = Gate::connected;
  static constexpr Cost cost = Cost::light;
  static constexpr SignLevels sign = never_signed;

  std::int32_t pid = 0;
  std::array<char, 8>
      user{};  // padded with NUL; after decode() only letters, digits and ._- (others became _)
  Abilities abilities;
  std::uint8_t client_version = 5;  // low six bits of capver
  bool accepts_async = false;       // may be answered with waitresp
  std::string_view cgi;             // without the leading '?'

  std::string_view user_name() const {
    std::string_view whole(user.data(), user.size());
    return whole.substr(0, whole.find('\0'));
  }
  void set_user_name(std::string_view label) {
    user.fill('\0');
    for (std::size_t i = 0; i < std::min(label.size(), user.size()); ++i) {
      user[i] = allowed_in_label.find(label[i]) != std::string_view::npos ? label[i] : '_';
    }
  }
  bool operator==(const Login&) const = default;

  static Result<Login> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Login request;
    request.pid = head.be<std::int32_t>();
    const std::string_view label = as_text(head.take(8));
    request.set_user_name(label.substr(0, label.find('\0')));
    request.abilities.erasure_redirects = (head.be<std::uint8_t>() & erasure_bit) != 0;
    read_flags(request.abilities, head.be<std::uint8_t>(), ability_bits);
    const auto capver = head.be<std::uint8_t>();
    request.client_version = capver & version_mask;
    request.accepts_async = (capver & async_bit) != 0;
    request.cgi = Reader(payload).text();
    while (request.cgi.starts_with('?')) request.cgi.remove_prefix(1);
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    const auto capver = static_cast<std::uint8_t>((client_version & version_mask) |
                                                  (accepts_async ? async_bit : 0));
    FixedWriter(out.fixed)
        .be(pid)
        .bytes(std::as_bytes(std::span(user)))
        .be<std::uint8_t>(abilities.erasure_redirects ? erasure_bit : 0)
        .be(static_cast<std::uint8_t>(write_flags(abilities, ability_bits)))
        .be(capver);
    Writer(out.payload).text(cgi);
    return out;
  }

 private:
  static constexpr std::string_view allowed_in_label =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  static constexpr std::uint8_t erasure_bit = 0x01;
  static constexpr std::uint8_t version_mask = 0x3f;
  static constexpr std::uint8_t async_bit = 0x80;
};

}  // namespace sluice::xroot
