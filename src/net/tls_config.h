// SPDX-License-Identifier: Apache-2.0
// Settings of TLS: one struct, with rows for the server as a whole and for its pools.
#pragma once

#include "base/settings.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>

namespace sluice::net {

// automatic: optional where there is a certificate, else off.
enum class TlsMode : std::uint8_t { automatic, off, optional, strict };

constexpr std::array<EnumName<TlsMode>, 4> names_of(TlsMode) {
  return {{{TlsMode::automatic, "auto"},
           {TlsMode::off, "off"},
           {TlsMode::optional, "optional"},
           {TlsMode::strict, "strict"}}};
}

struct TlsConfig {
  TlsMode mode = TlsMode::automatic;
  std::string certificate;
  std::string key;
  bool require_login = false;
  bool require_session = false;
  bool require_tpc = false;
  bool require_data = false;
};

// What all services of the process share.
struct TlsCommonConfig {
  std::string ca_directory;
  Duration refresh{60'000};
  Duration handshake_timeout{10'000};
};

inline constexpr std::string_view default_certificate = "/etc/grid-security/hostcert.pem";
inline constexpr std::string_view default_key = "/etc/grid-security/hostkey.pem";

inline constexpr std::tuple tls_common_settings{
    setting("tls.ca_directory", &TlsCommonConfig::ca_directory, Reload::no,
            "Directory of the certificate authorities that this server trusts where it is the "
            "client, with hashed names as c_rehash makes them. Empty: $X509_CERT_DIR, else "
            "/etc/grid-security/certificates."),
    setting("tls.refresh", &TlsCommonConfig::refresh, Duration(1'000), Duration(86'400'000),
            Reload::yes,
            "How often certificate, key and authorities are looked at again; connections go on. "
            "SIGHUP does it at once."),
    setting("tls.handshake_timeout", &TlsCommonConfig::handshake_timeout, Duration(100),
            Duration(600'000), Reload::no, "From the first to the last message of a handshake."),
};

inline constexpr std::tuple tls_settings{
    setting("tls.mode", &TlsConfig::mode, Reload::no,
            "\"off\": roots:// is refused. \"optional\": clients that ask for TLS get it. "
            "\"strict\": clients have to use it, from the point that tls.require_... says, at once "
            "if these are all false. \"auto\": optional where the certificate is, else off."),
    setting("tls.certificate", &TlsConfig::certificate, Reload::no,
            "PEM file with the server's certificate and the chain behind it. Empty: "
            "/etc/grid-security/hostcert.pem."),
    setting("tls.key", &TlsConfig::key, Reload::no,
            "PEM file with the key of the certificate, without a passphrase. Empty: "
            "/etc/grid-security/hostkey.pem, or the certificate's file where that is set."),
    setting("tls.require_login", &TlsConfig::require_login, Reload::no,
            "With tls.mode \"strict\": TLS begins before the login."),
    setting("tls.require_session", &TlsConfig::require_session, Reload::no,
            "With tls.mode \"strict\": TLS begins after the login."),
    setting("tls.require_tpc", &TlsConfig::require_tpc, Reload::no,
            "With tls.mode \"strict\": third-party copies need TLS."),
    setting("tls.require_data", &TlsConfig::require_data, Reload::no,
            "With tls.mode \"strict\": streams that only carry data need TLS too, and doors send "
            "encrypted clients to pools with TLS alone."),
};

inline constexpr std::tuple pool_tls_settings{
    setting("pool.tls.mode", &TlsConfig::mode, Reload::no,
            "The same as tls.mode for pools. A strict pool encrypts all data."),
    setting("pool.tls.certificate", &TlsConfig::certificate, Reload::no,
            "The certificate of pools. Empty: the one of tls.certificate."),
    setting("pool.tls.key", &TlsConfig::key, Reload::no,
            "The key of pools. Empty: the one of tls.key, or the certificate's file where that is "
            "set."),
    setting("pool.tls.require_login", &TlsConfig::require_login, Reload::no,
            "The same as tls.require_login for pools."),
    setting("pool.tls.require_session", &TlsConfig::require_session, Reload::no,
            "The same as tls.require_session for pools."),
    setting("pool.tls.require_tpc", &TlsConfig::require_tpc, Reload::no,
            "The same as tls.require_tpc for pools."),
    setting("pool.tls.require_data", &TlsConfig::require_data, Reload::no,
            "The same as tls.require_data for pools."),
};

}  // namespace sluice::net
