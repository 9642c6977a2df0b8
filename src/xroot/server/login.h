// SPDX-License-Identifier: Apache-2.0
// The handlers of the requests about a connection itself, which every role's table begins with.
#pragma once

#include "xroot/server/session.h"

namespace sluice::xroot::server {

// Key of the login token that a door puts into its redirects: its own HOST:PORT.
inline constexpr std::string_view redirected_by = "sluice.door";

// Key that a door puts into the CGI of its redirects: the short id of the client's session there.
inline constexpr std::string_view session_key = "sluice.session";
// Of its value what may stand in logs: whoever likes may send one.
std::string session_label(std::string_view value);

Flow protocol(Service& service, Exchange exchange, const Protocol& request);
Result<Reply> log_in(Session& session, const Login& request);
Flow authenticate(Service& service, Exchange exchange, const Auth& request);
Result<Reply> ping(Session& session, const Ping& request);
Flow bind(Service& service, Exchange exchange, const Bind& request);
Flow end_session(Service& service, Exchange exchange, const Endsess& request);
Result<Reply> set(Session& session, const Set& request);

}  // namespace sluice::xroot::server
