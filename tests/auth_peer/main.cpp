// SPDX-License-Identifier: Apache-2.0
// One side of an authentication method on standard input and output, so that tests can hold it against the other side of
// Debian's software, with no door in between (tests/lib/auth_peer.py):
//   auth_peer server sss KEYTAB
//   auth_peer server krb5 KEYTAB PRINCIPAL [FORWARDED]
//   auth_peer client sss|krb5 HOST LOCAL_ADDRESS LOCAL_PORT PARAMETERS
// Lines in: "begin ADDRESS", "answer HEX". Lines out: "parameters TEXT", "ready", "challenge HEX", "credential HEX",
// "proof NAME GROUP...", "error TEXT".
#include "auth/krb5/krb5.h"
#include "auth/sss/sss.h"
#include "base/checksum.h"
#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace sluice;
using Words = std::vector<std::string_view>;

void say(const std::string& line) { std::cout << line << std::endl; }
void say(const Error& error) { say(fmt::format("error {}", error.detail)); }

std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(*parse_int<int>(text.substr(i, 2), 0, 255, 16)));
  return out;
}

Result<std::unique_ptr<auth::Method>> method_of(const Words& words) {
  if (words.at(0) == "sss") return auth::make_sss({.keytab = std::string(words.at(1))});
  return auth::make_krb5({.keytab = std::string(words.at(1)),
                          .principal = std::string(words.at(2)),
                          .forwarded_tickets = std::string(words.size() > 3 ? words[3] : "")});
}

int serve(const Words& words) {
  auto method = method_of(words);
  if (!method) return say(method.error()), 1;
  say(fmt::format("parameters {}", (*method)->parameters()));
  std::unique_ptr<auth::Conversation> conversation;
  for (std::string line; std::getline(std::cin, line);) {
    const auto input = split(line, ' ');
    if (input.front() == "begin") {
      conversation =
          (*method)->begin({asio::ip::make_address(std::string(input.at(1))), false, {}});
      say("ready");
      continue;
    }
    auto verdict = conversation->answer(from_hex(input.at(1)));
    if (!verdict) {
      say(verdict.error());
    } else if (const auto* challenge = std::get_if<auth::Challenge>(&*verdict)) {
      say(fmt::format("challenge {}", to_hex(challenge->bytes)));
    } else {
      const auth::Identity& who = std::get<auth::Proof>(*verdict).identity;
      say(fmt::format("proof {} {}", who.name, fmt::join(who.groups, " ")));
    }
  }
  return 0;
}

std::string environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

int ask(const Words& words) {
  auth::Server server;
  server.host = words.at(1);
  server.local = {asio::ip::make_address(std::string(words.at(2))),
                  *parse_int<std::uint16_t>(words.at(3), 0, 65535)};
  server.parameters = words.at(4);
  server.variable = &environment;
  server.option = [](std::string_view) { return std::string(); };
  const auto conversation = words[0] == "sss" ? auth::begin_sss(server) : auth::begin_krb5(server);
  for (std::string line; std::getline(std::cin, line);) {
    const auto input = split(line, ' ');
    auto credential = input.front() == "begin" ? conversation->begin()
                                               : conversation->answer(from_hex(input.at(1)));
    if (credential) {
      say(fmt::format("credential {}", to_hex(*credential)));
    } else {
      say(credential.error());
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span all(argv, static_cast<std::size_t>(argc));
  if (all.size() < 4) return 2;
  const Words words(all.begin() + 2, all.end());
  return std::string_view(all[1]) == "server" ? serve(words) : ask(words);
}
