// SPDX-License-Identifier: Apache-2.0
#include "auth/ztn/credential.h"

#include "auth/token/config.h"
#include "base/text.h"
#include "base/units.h"

namespace sluice::auth::ztn {
namespace {

constexpr std::uint8_t version = 0;
constexpr std::uint8_t token_follows = 'T';
constexpr std::uint8_t send_issuers = 'S';

}  // namespace

Result<std::string_view> token_in(ByteView credential) {
  auto malformed = [](const char* why) {
    return fail(Errc::authentication, std::string("the ztn credential ") + why);
  };
  Reader in(credential);
  std::string_view said = in.c_text();
  if (in.failed() || said != name) return malformed("is one of another method");
  auto its_version = in.be<std::uint8_t>();
  auto operation = in.be<std::uint8_t>();
  in.be<std::uint16_t>();
  if (in.failed()) return malformed("is cut short");
  if (operation == send_issuers)
    return fail(Errc::unsupported, "ztn: the list of issuers is not told");
  if (its_version != version || operation != token_follows)
    return malformed("asks for what is not known here");
  std::size_t size = in.be<std::uint16_t>();
  std::string_view text = as_text(in.take(size));
  if (in.failed()) return malformed("is cut short");
  if (size < 2 || text.back() != '\0') return malformed("has no token");
  text.remove_suffix(1);
  if (text.find('\0') != std::string_view::npos) return malformed("has a token with a NUL");
  return text;
}

std::vector<std::byte> credential_with(std::string_view token) {
  std::vector<std::byte> out;
  Writer(out)
      .c_text(name)
      .be(version)
      .be(token_follows)
      .zeros(2)
      .be(static_cast<std::uint16_t>(token.size() + 1))
      .c_text(token);
  return out;
}

Result<Parameters> parse_parameters(std::string_view text) {
  Parameters out;
  if (text.empty()) return out;  // a server of few words
  std::vector<std::string_view> parts = split(text.substr(0, 4096), ':');
  if (parts.size() < 2) return fail(Errc::protocol, "ztn: the parameters of the server");
  SLUICE_TRY(out.flags, parse_int<std::uint64_t>(parts[0], 0, 0xffffffff));
  SLUICE_TRY(out.max_size, parse_int<std::uint64_t>(parts[1], 1, 1ULL << 32));
  return out;
}

}  // namespace sluice::auth::ztn
