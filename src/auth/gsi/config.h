// SPDX-License-Identifier: Apache-2.0
// Settings of gsi: X.509 certificates and their proxies.
#pragma once

#include "base/settings.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::auth {

enum class CrlUse : std::uint8_t { require, if_valid, ignore };
constexpr std::array<EnumName<CrlUse>, 3> names_of(CrlUse) {
  return {
      {{CrlUse::require, "require"}, {CrlUse::if_valid, "if_valid"}, {CrlUse::ignore, "ignore"}}};
}

enum class PolicyUse : std::uint8_t { require, if_present, ignore };
constexpr std::array<EnumName<PolicyUse>, 3> names_of(PolicyUse) {
  return {{{PolicyUse::require, "require"},
           {PolicyUse::if_present, "if_present"},
           {PolicyUse::ignore, "ignore"}}};
}

enum class VomsUse : std::uint8_t { off, if_present, require };
constexpr std::array<EnumName<VomsUse>, 3> names_of(VomsUse) {
  return {
      {{VomsUse::off, "off"}, {VomsUse::if_present, "if_present"}, {VomsUse::require, "require"}}};
}

// Of the key agreement; decision 0031 has the figures.
enum class GroupChoice : std::uint8_t { automatic, xrootd, ffdhe3072 };
constexpr std::array<EnumName<GroupChoice>, 3> names_of(GroupChoice) {
  return {{{GroupChoice::automatic, "auto"},
           {GroupChoice::xrootd, "xrootd"},
           {GroupChoice::ffdhe3072, "ffdhe3072"}}};
}

struct GsiConfig {
  std::string certificate = "/etc/grid-security/hostcert.pem";
  std::string key = "/etc/grid-security/hostkey.pem";
  std::string ca_directory = "/etc/grid-security/certificates";
  std::string vomsdir = "/etc/grid-security/vomsdir";
  CrlUse crl = CrlUse::if_valid;
  PolicyUse signing_policy = PolicyUse::require;
  VomsUse voms = VomsUse::if_present;
  bool verify_host_certificate = true;
  bool delegate = false;
  bool limited_proxies = true;
  bool legacy_proxies = false;
  bool legacy_versions = false;
  std::vector<std::string> ciphers = {"aes-256-cbc", "aes-128-cbc"};
  GroupChoice group = GroupChoice::automatic;
};

// Only what gsi clients know and nobody has broken.
Status check_gsi_ciphers(const std::vector<std::string>& names);

inline constexpr std::tuple gsi_settings{
    setting("auth.gsi.certificate", &GsiConfig::certificate, Reload::no,
            "Certificate of this host, PEM. It is read again when it changes."),
    setting("auth.gsi.key", &GsiConfig::key, Reload::no,
            "Private RSA key of the certificate, PEM without a password, not readable by others."),
    setting(
        "auth.gsi.ca_directory", &GsiConfig::ca_directory, Reload::no,
        "Certificates, signing policies and revocation lists of the authorities, named by "
        "either hash as `openssl rehash` and the IGTF packages do. Read again when it changes."),
    setting("auth.gsi.vomsdir", &GsiConfig::vomsdir, Reload::no,
            "Directory with an LSC file for each VOMS server that is believed: VO/HOST.lsc."),
    setting("auth.gsi.crl", &GsiConfig::crl, Reload::no,
            "Revocation lists. require: each authority must have one that is valid now. if_valid: "
            "a list that is missing or too old does not stop anybody, but who is on a list stays "
            "out. ignore: they are not looked at."),
    setting("auth.gsi.signing_policy", &GsiConfig::signing_policy, Reload::no,
            "Which names an authority may sign. require: HASH.signing_policy must be there and "
            "allow the name. if_present: an authority without one may sign any name. ignore: every "
            "authority may."),
    setting("auth.gsi.voms", &GsiConfig::voms, Reload::no,
            "Attributes of virtual organisations in the proxy. if_present: those that can be "
            "verified count, others are left out. require: a client without a verified one is "
            "refused. off: they are not looked at."),
    setting("auth.gsi.verify_host_certificate", &GsiConfig::verify_host_certificate, Reload::no,
            "At start the own certificate must be one that the authorities above signed."),
    setting("auth.gsi.delegate", &GsiConfig::delegate, Reload::no,
            "Asks every client that is willing to sign a proxy for this server, for third-party "
            "copies in its name. Costs a round of the login."),
    setting("auth.gsi.limited_proxies", &GsiConfig::limited_proxies, Reload::no,
            "Takes limited proxies, as jobs of batch systems have them."),
    setting("auth.gsi.legacy_proxies", &GsiConfig::legacy_proxies, Reload::no,
            "Takes proxies in the format of Globus 2, from before RFC 3820."),
    setting("auth.gsi.legacy_versions", &GsiConfig::legacy_versions, Reload::no,
            "Speaks to clients below version 10400, which do not sign the key agreement: who sits "
            "between could read and change the login."),
    setting("auth.gsi.ciphers", &GsiConfig::ciphers, Reload::no,
            "Ciphers of the session, best first.", &check_gsi_ciphers),
    setting("auth.gsi.group", &GsiConfig::group, Reload::no,
            "Group of the key agreement. xrootd: the one that xrootd 5.6 and later know; older "
            "clients need seconds to check it. ffdhe3072: the one of RFC 7919, which clients with "
            "OpenSSL 3 know and those with OpenSSL 1.0 refuse. auto: by the client's release."),
};

}  // namespace sluice::auth
