// SPDX-License-Identifier: Apache-2.0
// When a connection becomes encrypted: what the server answers to kXR_protocol, and which requests it refuses in clear.
// Pure rules without I/O; session_tls.cpp follows them.
#pragma once

#include "base/bytes.h"
#include "net/tls_config.h"
#include "net/tls_context.h"
#include "xroot/requests/protocol.h"

#include <cstdint>
#include <memory>

namespace sluice::xroot::server {

// What is required comes from strict mode alone; otherwise TLS is there for those who ask.
struct TlsRules {
  bool available = false;
  bool login = false;    // from before the login on
  bool offered = false;  // from there on for all who can, and nobody else is refused
  bool session = false;  // from after the login on
  bool tpc = false;      // opens of third-party copies
  bool data = false;     // streams that only carry data

  static TlsRules of(const net::TlsConfig& config, bool available);
  bool operator==(const TlsRules&) const = default;
};

enum class TlsStart : std::uint8_t { never, now, after_login };

struct TlsAnswer {
  std::uint32_t flags = 0;  // beside the server's others
  TlsStart start = TlsStart::never;
  bool operator==(const TlsAnswer&) const = default;
};

// `settled`: the connection is encrypted already or logged in, so that the request is only a question.
TlsAnswer answer_about_tls(const TlsRules& rules, const Protocol& request, bool settled);

// The request `id` may not be served in clear; `gate` and `payload` are its own.
bool must_be_encrypted(const TlsRules& rules, std::uint16_t id, Gate gate, ByteView payload);

// The first bytes of a client's first TLS message, where a request's header is looked for. No request begins so: its third
// byte is the first of a request number.
bool is_client_hello(ByteView header);

// TLS of one service.
struct TlsService {
  TlsRules rules;
  std::shared_ptr<net::ServerTls> context;  // null: there is none
  Duration handshake_timeout{10'000};
};

}  // namespace sluice::xroot::server
