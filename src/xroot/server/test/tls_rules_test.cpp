// SPDX-License-Identifier: Apache-2.0
// Every row of the table that says when TLS begins.
#include "xroot/server/tls_rules.h"

#include "xroot/requests/auth.h"
#include "xroot/requests/bind.h"
#include "xroot/requests/login.h"
#include "xroot/requests/open.h"
#include "xroot/requests/ping.h"

#include <gtest/gtest.h>

namespace sluice::xroot::server {
namespace {

using net::TlsConfig;
using net::TlsMode;
using namespace server_flag;

constexpr TlsRules off;
constexpr TlsRules optional{.available = true};
constexpr TlsRules login{.available = true, .login = true, .session = true};
constexpr TlsRules offered{.available = true, .offered = true};
constexpr TlsRules session{.available = true, .session = true};
constexpr TlsRules tpc{.available = true, .tpc = true};
constexpr TlsRules data{.available = true, .session = true, .data = true};

enum class Client { old, unable, able, wanting };

Protocol asked_by(Client client, Expect expect) {
  Protocol request;
  request.version = client == Client::old ? 0x0400 : 0x0511;
  request.flags.can_tls = client == Client::able || client == Client::old;
  request.flags.want_tls = client == Client::wanting;
  request.expect = expect;
  return request;
}

struct Row {
  const char* name;
  TlsRules rules;
  Client client;
  Expect expect;
  std::uint32_t flags;
  TlsStart start;
};

TEST(TlsRules, AnswerToProtocolRowByRow) {
  using enum Client;
  using enum TlsStart;
  const auto at_login = Expect::login;
  const auto at_bind = Expect::bind;
  const auto at_copy = Expect::third_party_copy;
  for (const Row& row : {
           Row{"off, able", off, able, at_login, 0, never},
           Row{"off, wanting", off, wanting, at_login, 0, never},
           Row{"old client, login", login, old, at_login, have_tls, never},
           Row{"unable client, login", login, unable, at_login, have_tls, never},
           Row{"unable client, session", session, unable, at_login, have_tls, never},
           Row{"optional, able", optional, able, at_login, have_tls, never},
           Row{"optional, able, bind", optional, able, at_bind, have_tls, never},
           Row{"optional, wanting", optional, wanting, at_login, have_tls | tls_login | goto_tls,
               now},
           Row{"optional, wanting, copy", optional, wanting, at_copy,
               have_tls | tls_login | goto_tls, now},
           Row{"optional, wanting, bind", optional, wanting, at_bind,
               have_tls | tls_data | goto_tls, now},
           Row{"optional, wanting, nothing said", optional, wanting, Expect::none,
               have_tls | tls_login | goto_tls, now},
           Row{"login, able", login, able, at_login, have_tls | tls_login | goto_tls, now},
           Row{"offered, able", offered, able, at_login, have_tls | tls_login | goto_tls, now},
           Row{"offered, unable", offered, unable, at_login, have_tls, never},
           Row{"offered, old client", offered, old, at_login, have_tls, never},
           Row{"offered, able, bind", offered, able, at_bind, have_tls, never},
           Row{"login, able, copy", login, able, at_copy, have_tls | tls_login | goto_tls, now},
           Row{"login, able, bind", login, able, at_bind, have_tls, never},
           Row{"session, able", session, able, at_login, have_tls | tls_session, after_login},
           Row{"session, wanting", session, wanting, at_login, have_tls | tls_login | goto_tls,
               now},
           Row{"tpc, able", tpc, able, at_login, have_tls | tls_tpc, never},
           Row{"tpc, able, copy", tpc, able, at_copy, have_tls | tls_tpc | goto_tls, now},
           Row{"data, able", data, able, at_login, have_tls | tls_session | tls_data, after_login},
           Row{"data, able, bind", data, able, at_bind, have_tls | tls_data | goto_tls, now},
       }) {
    TlsAnswer answer = answer_about_tls(row.rules, asked_by(row.client, row.expect), false);
    EXPECT_EQ(answer.flags, row.flags) << row.name;
    EXPECT_EQ(answer.start, row.start) << row.name;
  }
}

TEST(TlsRules, AQuestionInTheMiddleChangesNothing) {
  EXPECT_EQ(answer_about_tls(login, asked_by(Client::wanting, Expect::login), true),
            (TlsAnswer{have_tls, TlsStart::never}));
  EXPECT_EQ(answer_about_tls(off, asked_by(Client::wanting, Expect::login), true), TlsAnswer{});
}

TlsRules rules_of(TlsMode mode, bool TlsConfig::* required, bool available) {
  TlsConfig config;
  config.mode = mode;
  if (required != nullptr) config.*required = true;
  return TlsRules::of(config, available);
}

TEST(TlsRules, FollowTheSettings) {
  EXPECT_EQ(rules_of(TlsMode::off, nullptr, false), off);
  EXPECT_EQ(rules_of(TlsMode::optional, nullptr, true), optional);
  EXPECT_EQ(rules_of(TlsMode::optional, &TlsConfig::require_login, true), optional);
  EXPECT_EQ(rules_of(TlsMode::strict, nullptr, true), login);
  EXPECT_EQ(rules_of(TlsMode::strict, &TlsConfig::require_login, true), login);
  EXPECT_EQ(rules_of(TlsMode::strict, &TlsConfig::require_session, true), session);
  EXPECT_EQ(rules_of(TlsMode::strict, &TlsConfig::require_tpc, true), tpc);
  EXPECT_EQ(rules_of(TlsMode::strict, &TlsConfig::require_data, true), data);
}

TEST(TlsRules, RequestsInClear) {
  auto refused = [](const TlsRules& rules, std::uint16_t id, Gate gate, std::string_view payload) {
    return must_be_encrypted(rules, id, gate, as_bytes(payload));
  };
  EXPECT_FALSE(refused(optional, Open::id, Gate::authorised, "/a?tpc.src=x"));
  EXPECT_TRUE(refused(login, Login::id, Gate::connected, ""));
  EXPECT_FALSE(refused(session, Login::id, Gate::connected, ""));
  EXPECT_FALSE(refused(session, Auth::id, Gate::logged_in, ""));
  EXPECT_FALSE(refused(session, Protocol::id, Gate::connected, ""));
  EXPECT_TRUE(refused(session, Ping::id, Gate::logged_in, ""));
  EXPECT_TRUE(refused(session, Open::id, Gate::authorised, "/a"));
  EXPECT_FALSE(refused(session, Bind::id, Gate::connected, ""));
  EXPECT_TRUE(refused(data, Bind::id, Gate::connected, ""));
  EXPECT_FALSE(refused(tpc, Open::id, Gate::authorised, "/a?b=tpc.src"));
  EXPECT_TRUE(refused(tpc, Open::id, Gate::authorised, "/a?tpc.src=x"));
  EXPECT_TRUE(refused(tpc, Open::id, Gate::authorised, "/a?b=c&tpc.key=x"));
}

TEST(TlsRules, AClientHelloIsNoRequest) {
  auto bytes = [](std::initializer_list<int> values) {
    std::vector<std::byte> all;
    for (int value : values) all.push_back(static_cast<std::byte>(value));
    return all;
  };
  EXPECT_TRUE(is_client_hello(bytes({0x16, 3, 1, 2, 0, 1})));
  EXPECT_TRUE(is_client_hello(bytes({0x16, 3, 3})));
  EXPECT_FALSE(is_client_hello(bytes({0x16, 3})));
  EXPECT_FALSE(is_client_hello(bytes({0x16, 3, 0x0b, 0xc2})));  // kXR_open of stream 0x1603
  EXPECT_FALSE(is_client_hello(bytes({0x15, 3, 1})));
}

}  // namespace
}  // namespace sluice::xroot::server
