// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/user_credential.h"

#include <fmt/format.h>
#include <unistd.h>

#include <initializer_list>

namespace sluice::auth::gsi {
namespace {

std::string variable(const Server& server, std::string_view name) {
  return server.variable ? server.variable(name) : std::string();
}
std::string option(const Server& server, std::string_view key) {
  return server.option ? server.option(key) : std::string();
}

// The first that is set.
std::string first_of(const Server& server, std::string_view key,
                     std::initializer_list<std::string_view> variables, std::string otherwise) {
  std::string value = option(server, key);
  for (std::string_view name : variables) {
    if (value.empty()) value = variable(server, name);
  }
  return value.empty() ? otherwise : value;
}

Result<Credential> usable(Result<Credential> credential, const std::string& path) {
  if (credential && end_of(credential->chain) < std::chrono::system_clock::now()) {
    return fail(Errc::authentication, fmt::format("gsi: {} has expired", path));
  }
  return credential;
}

}  // namespace

Result<Credential> find_user_credential(const Server& server, bool takes_certificate) {
  std::string proxy_path =
      first_of(server, "xrd.gsiusrpxy", {"X509_USER_PROXY", "XrdSecGSIUSERPROXY"},
               fmt::format("/tmp/x509up_u{}", ::geteuid()));
  auto proxy = usable(read_credential(proxy_path, proxy_path), proxy_path);
  if (proxy) return proxy;
  if (takes_certificate) {
    std::string globus = variable(server, "HOME") + "/.globus/user";
    std::string certificate_path = first_of(
        server, "xrd.gsiusrcrt", {"X509_USER_CERT", "XrdSecGSIUSERCERT"}, globus + "cert.pem");
    std::string key_path = first_of(server, "xrd.gsiusrkey", {"X509_USER_KEY", "XrdSecGSIUSERKEY"},
                                    globus + "key.pem");
    auto pair = usable(read_credential(certificate_path, key_path), certificate_path);
    if (pair) return pair;
  }
  return fail(Errc::authentication,
              fmt::format("gsi: no proxy ({}); voms-proxy-init or xrdgsiproxy makes one",
                          proxy.error().detail));
}

}  // namespace sluice::auth::gsi
