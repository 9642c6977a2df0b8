// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/host_name.h"

#include "auth/gsi/certificate.h"
#include "auth/gsi/signing_policy.h"
#include "base/text.h"

#include <netdb.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace sluice::auth::gsi {
namespace {

using AlternativeNames = Owned<GENERAL_NAMES, &GENERAL_NAMES_free>;
using Addresses = Owned<addrinfo, &::freeaddrinfo>;

bool has_host_names(const X509* certificate) {
  AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = sk_GENERAL_NAME_value(names.get(), i)->type;
    if (type == GEN_DNS || type == GEN_IPADD) return true;
  }
  return false;
}

// The last one, without the service in front of it.
std::string common_name(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  int last = -1;
  for (int i = -1; (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;) last = i;
  if (last < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                   static_cast<std::size_t>(ASN1_STRING_length(value)));
  return text.substr(text.find('/') + 1);
}

}  // namespace

bool is_certificate_of(X509* certificate, const std::string& host) {
  if (host.empty() || host.find('\0') != host.npos) return false;
  if (has_host_names(certificate)) {
    return X509_check_host(
               certificate, host.c_str(), host.size(),
               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
               nullptr) == 1 ||
           X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  }
  std::string name = common_name(certificate);
  if (equal_ignoring_case(name, host)) return true;
  // "*.example.org" for one part of a name.
  std::size_t dot = host.find('.');
  return name.starts_with("*.") && dot != host.npos && name.find('.', 2) != name.npos &&
         equal_ignoring_case(std::string_view(name).substr(1), std::string_view(host).substr(dot));
}

std::string resolved_name(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  Addresses addresses(found);
  std::array<char, NI_MAXHOST> name{};
  if (!addresses ||
      ::getnameinfo(addresses->ai_addr, addresses->ai_addrlen, name.data(),
                    static_cast<socklen_t>(name.size()), nullptr, 0, NI_NAMEREQD) != 0) {
    return {};
  }
  return name.data();
}

bool is_allowed_server(std::string_view patterns, X509* certificate, const std::string& host) {
  std::string name = common_name(certificate);
  bool is_allowed = false;
  for (std::string_view pattern : split(patterns, '|')) {
    bool is_denial = pattern.starts_with('-');
    if (is_denial) pattern.remove_prefix(1);
    bool is_host = pattern == "<host>" || pattern == "<fqdn>";
    if (matches_pattern(is_host ? std::string_view(host) : pattern, name)) is_allowed = !is_denial;
  }
  return is_allowed;
}

}  // namespace sluice::auth::gsi
