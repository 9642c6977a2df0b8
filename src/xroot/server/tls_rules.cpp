// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/tls_rules.h"

#include "xroot/opaque.h"
#include "xroot/requests/auth.h"
#include "xroot/requests/bind.h"
#include "xroot/requests/login.h"
#include "xroot/requests/open.h"

namespace sluice::xroot::server {
namespace {

constexpr std::uint32_t first_version_with_tls = 0x0500;

bool is_third_party_copy(ByteView payload) {
  std::string_view path = as_text(payload);
  std::size_t question = path.find('?');
  if (question == std::string_view::npos) return false;
  std::string_view cgi = path.substr(question + 1);
  return cgi.starts_with("tpc.") || cgi.find("&tpc.") != std::string_view::npos;
}

// What a client that could use TLS is told, by what it is about to do.
TlsAnswer answer_to_able(const TlsRules& rules, Expect expect) {
  using namespace server_flag;
  if (expect == Expect::bind)
    return rules.data ? TlsAnswer{tls_data | goto_tls, TlsStart::now} : TlsAnswer{};
  if (rules.login || rules.offered) return {tls_login | goto_tls, TlsStart::now};
  if (expect == Expect::third_party_copy && rules.tpc) return {goto_tls, TlsStart::now};
  if (rules.session) return {tls_session, TlsStart::after_login};
  return {};
}

}  // namespace

TlsRules TlsRules::of(const net::TlsConfig& config, bool available) {
  TlsRules rules;
  rules.available = available;
  if (!available || config.mode != net::TlsMode::strict) return rules;
  rules.login = config.require_login;
  rules.tpc = config.require_tpc;
  rules.data = config.require_data;
  rules.session = config.require_session || config.require_data;
  // Strict without saying in what: all of it.
  if (!rules.login && !rules.session && !rules.tpc) rules.login = true;
  rules.session = rules.session || rules.login;
  return rules;
}

TlsAnswer answer_about_tls(const TlsRules& rules, const Protocol& request, bool settled) {
  using namespace server_flag;
  if (!rules.available) return {};
  bool able = request.flags.can_tls || request.flags.want_tls;
  if (settled || !able || request.version < first_version_with_tls) return {have_tls};
  TlsAnswer answer = answer_to_able(rules, request.expect);
  if (request.flags.want_tls) {
    answer.start = TlsStart::now;
    answer.flags = goto_tls | (request.expect == Expect::bind ? tls_data : tls_login);
  }
  if (rules.data) answer.flags |= tls_data;
  if (rules.tpc) answer.flags |= tls_tpc;
  answer.flags |= have_tls;
  return answer;
}

bool must_be_encrypted(const TlsRules& rules, std::uint16_t id, Gate gate, ByteView payload) {
  if (id == Login::id) return rules.login;
  if (id == Bind::id) return rules.data;
  if (id == Auth::id || gate == Gate::connected) return false;
  if (rules.session) return true;
  return rules.tpc && id == Open::id && is_third_party_copy(payload);
}

bool is_client_hello(ByteView header) {
  constexpr std::byte handshake{0x16};
  constexpr std::byte version{3};
  constexpr std::byte most_minor{4};
  return header.size() >= 3 && header[0] == handshake && header[1] == version &&
         header[2] <= most_minor;
}

}  // namespace sluice::xroot::server
