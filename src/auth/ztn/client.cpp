// SPDX-License-Identifier: Apache-2.0
// Where tokens are found: WLCG bearer token discovery, and what XrdCl adds to it.
#include "auth/file_text.h"
#include "auth/token/bearer.h"
#include "auth/ztn/credential.h"
#include "auth/ztn/ztn.h"
#include "base/text.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::auth {
namespace {

enum class Place : std::uint8_t {
  in_url,  // must be there
  named,   // by the environment
  usual,   // in a directory of everybody: it must be ours
};

// What somebody else may read is a token no more; what somebody else may write could be anybody's.
Status check_stamp(const FileStamp& stamp, const std::string& path, Place place) {
  if ((stamp.mode & 077U) != 0) {
    return fail(Errc::authentication, path +
                                          ": operation not permitted because of excessive "
                                          "permissions; make it readable by you alone (chmod 600)");
  }
  if (place == Place::usual && stamp.owner != ::geteuid())
    return fail(Errc::authentication, path + " belongs to somebody else");
  return {};
}

Result<std::string> read_token(const std::string& path, Place place) {
  constexpr std::size_t white = 64;  // bytes that may surround it
  auto file = read_file(path, ztn::longest + white);
  if (!file && file.error().code == Errc::not_file)
    return fail(Errc::authentication, path + " is not a file");
  SLUICE_CHECK(file);
  SLUICE_CHECK(check_stamp(file->stamp, path, place));
  return std::move(file->text);
}

std::string without_white(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\v\f";
  std::size_t begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(white) - begin + 1));
}

class ZtnClient final : public ClientConversation {
 public:
  explicit ZtnClient(const Server& server) : server_(server) {}

  Result<std::vector<std::byte>> begin() override {
    if (!server_.is_encrypted)
      return fail(Errc::authentication, "ztn: tokens are not shown on connections without TLS");
    SLUICE_TRY(ztn::Parameters parameters, ztn::parse_parameters(server_.parameters));
    SLUICE_TRY(std::string found, find_token());
    auto token = bearer_of(found);
    if (!token) return fail(Errc::authentication, "ztn: what was found is no bearer token");
    std::uint64_t max = std::min<std::uint64_t>(parameters.max_size, ztn::longest);
    if (token->size() > max) {
      return fail(Errc::authentication, "ztn: the token has " + std::to_string(token->size()) +
                                            " bytes, and the server takes " + std::to_string(max));
    }
    return ztn::credential_with(*token);
  }

  Result<std::vector<std::byte>> answer(ByteView) override {
    return fail(Errc::protocol, "ztn has one round, and the server asks for another");
  }

 private:
  std::string variable(std::string_view name) const {
    return server_.variable ? server_.variable(name) : std::string();
  }
  std::string option(std::string_view key) const {
    return server_.option ? server_.option(key) : std::string();
  }

  // What a file has in it; nothing when it is not there. Errors name the place and never show its content.
  static Result<std::optional<std::string>> look(std::string_view who, const std::string& path,
                                                 Place place) {
    auto text = read_token(path, place);
    if (text) return std::optional<std::string>(without_white(*text));
    if (text.error().code == Errc::not_found && place != Place::in_url)
      return std::optional<std::string>();
    return fail(Errc::authentication, "ztn: " + std::string(who) + ": " + text.error().message());
  }

  // XrdCl goes on where BEARER_TOKEN_FILE names no file; a file that the URL names must be there, as it may be one of several
  // tokens of a program.
  Result<std::string> find_token() const {
    if (std::string path = option("xrd.ztn"); !path.empty()) {
      SLUICE_TRY(auto text, look("xrd.ztn", path, Place::in_url));
      return text.value_or("");
    }
    if (std::string text = without_white(variable("BEARER_TOKEN")); !text.empty()) return text;
    std::string file = "/bt_u" + std::to_string(::geteuid());
    std::string runtime = variable("XDG_RUNTIME_DIR");
    std::string named = variable("BEARER_TOKEN_FILE");
    struct Candidate {
      std::string_view who;
      std::string path;
      Place place;
    };
    for (const Candidate& one :
         {Candidate{"BEARER_TOKEN_FILE", named, Place::named},
          Candidate{"XDG_RUNTIME_DIR", runtime.empty() ? "" : runtime + file, Place::usual},
          Candidate{"the usual place", "/tmp" + file, Place::usual}}) {
      if (one.path.empty()) continue;
      SLUICE_TRY(auto text, look(one.who, one.path, one.place));
      if (text) return *std::move(text);
    }
    return fail(Errc::authentication,
                "ztn: there is no token" +
                    (named.empty() ? "; set BEARER_TOKEN or BEARER_TOKEN_FILE, or write it to"
                                   : " in " + named + ", which BEARER_TOKEN_FILE names, nor in") +
                    " $XDG_RUNTIME_DIR" + file + " or /tmp" + file);
  }

  const Server server_;
};

}  // namespace

std::unique_ptr<ClientConversation> begin_ztn(const Server& server) {
  return std::make_unique<ZtnClient>(server);
}

}  // namespace sluice::auth
