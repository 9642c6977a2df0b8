// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/certificate.h"

#include "auth/file_text.h"
#include "base/text.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>

namespace sluice::auth::gsi {
namespace {

using ProxyInfo = Owned<PROXY_CERT_INFO_EXTENSION, &PROXY_CERT_INFO_EXTENSION_free>;
using Object = Owned<ASN1_OBJECT, &ASN1_OBJECT_free>;

constexpr std::size_t max_credential_file = 256 * 1024;  // bytes
constexpr const char* draft_proxy_info = "1.3.6.1.4.1.3536.1.222";
constexpr std::string_view inherit_all = "1.3.6.1.5.5.7.21.1";
constexpr std::string_view limited = "1.3.6.1.4.1.3536.1.1.1.9";

std::string number_text(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

int index_of_draft(const X509* certificate) {
  static const Object object(OBJ_txt2obj(draft_proxy_info, 1));
  return X509_get_ext_by_OBJ(certificate, object.get(), -1);
}

// The value of the last part of the name when that is a CN.
std::string last_common_name(const X509_NAME* name) {
  int last = X509_NAME_entry_count(name) - 1;
  if (last < 0) return {};
  X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, last);
  if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

Result<std::string> read_whole(const std::string& path, mode_t forbidden, std::string_view what) {
  auto file = read_file(path, max_credential_file);
  if (!file) return fail(Errc::authentication, fmt::format("{} {}", what, file.error().message()));
  if ((file->stamp.mode & forbidden) != 0) {
    return fail(Errc::authentication,
                fmt::format("{} {}: others may read or change it; chmod 600", what, path));
  }
  return std::move(file->text);
}

int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Certificate share(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(certificate);
}

Chain share(const Chain& chain) {
  Chain out;
  for (const Certificate& one : chain) out.push_back(share(one.get()));
  return out;
}

std::string slash_name(const X509_NAME* name) {
  char* text = X509_NAME_oneline(name, nullptr, 0);
  std::string out = text ? text : "";
  OPENSSL_free(text);
  return out;
}

std::string subject_of(const X509* certificate) {
  return slash_name(X509_get_subject_name(certificate));
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t longest = 200;
  std::string text(name.substr(0, longest));
  if (name.size() > longest) text += "...";
  return json_quoted(text);
}

std::array<std::string, 2> hashes_of(const X509_NAME* name) {
  int ok = 0;
  return {fmt::format("{:08x}", X509_NAME_hash_ex(name, nullptr, nullptr, &ok)),
          fmt::format("{:08x}", X509_NAME_hash_old(name))};
}

Result<Chain> chain_in(ByteView pem) {
  Memory in = memory_of(pem);
  Chain chain;
  ERR_clear_error();
  for (;;) {
    Certificate one(PEM_read_bio_X509(in.get(), nullptr, &no_password, nullptr));
    if (!one) break;
    if (chain.size() == max_chain)
      return fail(Errc::authentication, fmt::format("gsi: more than {} certificates", max_chain));
    chain.push_back(std::move(one));
  }
  unsigned long error = ERR_peek_last_error();
  bool is_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  std::string reason = openssl_reason();
  if (!is_end) return fail(Errc::authentication, "gsi: a damaged certificate: " + reason);
  if (chain.empty()) return fail(Errc::authentication, "gsi: no certificate");
  return chain;
}

std::string pem_of(X509* certificate) {
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  return text_in(out.get());
}

std::string pem_of(const Chain& chain) {
  std::string out;
  for (const Certificate& one : chain) out += pem_of(one.get());
  return out;
}

ProxyKind proxy_kind(X509* certificate) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_PROXY) != 0) return ProxyKind::rfc;
  if (index_of_draft(certificate) >= 0) return ProxyKind::draft;
  std::string name = last_common_name(X509_get_subject_name(certificate));
  bool is_named_so = name == "proxy" || name == "limited proxy";
  return is_named_so && extends_name_of_issuer(certificate) ? ProxyKind::globus2 : ProxyKind::none;
}

Result<bool> is_limited(X509* proxy) {
  ProxyKind kind = proxy_kind(proxy);
  if (kind == ProxyKind::none) return false;
  if (kind == ProxyKind::globus2)
    return last_common_name(X509_get_subject_name(proxy)) == "limited proxy";
  if (kind == ProxyKind::draft)
    return fail(Errc::authentication, "gsi: a proxy in the format of a draft of RFC 3820");
  X509_EXTENSION* extension =
      X509_get_ext(proxy, X509_get_ext_by_NID(proxy, NID_proxyCertInfo, -1));
  const ASN1_OCTET_STRING* bytes = extension ? X509_EXTENSION_get_data(extension) : nullptr;
  const unsigned char* at = bytes ? ASN1_STRING_get0_data(bytes) : nullptr;
  ProxyInfo info(bytes ? d2i_PROXY_CERT_INFO_EXTENSION(nullptr, &at, ASN1_STRING_length(bytes))
                       : nullptr);
  std::string policy = info && info->proxyPolicy && info->proxyPolicy->policyLanguage
                           ? number_text(info->proxyPolicy->policyLanguage)
                           : std::string();
  openssl_reason();
  if (policy == inherit_all) return false;
  if (policy == limited) return true;
  return fail(Errc::authentication, "gsi: a proxy with a policy that is not known here");
}

bool extends_name_of_issuer(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  int parts = X509_NAME_entry_count(subject);
  if (parts < 2 || last_common_name(subject).empty()) return false;
  // A CN that shares its part of the name with something else is no CN alone.
  if (X509_NAME_ENTRY_set(X509_NAME_get_entry(subject, parts - 1)) ==
      X509_NAME_ENTRY_set(X509_NAME_get_entry(subject, parts - 2))) {
    return false;
  }
  Owned<X509_NAME, &X509_NAME_free> front(X509_NAME_dup(subject));
  Owned<X509_NAME_ENTRY, &X509_NAME_ENTRY_free> last(
      X509_NAME_delete_entry(front.get(), parts - 1));
  return X509_NAME_cmp(front.get(), X509_get_issuer_name(certificate)) == 0;
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

std::chrono::system_clock::time_point end_of(const Chain& chain) {
  auto first = std::chrono::system_clock::time_point::max();
  for (const Certificate& one : chain) first = std::min(first, end_of(one.get()));
  return first;
}

Result<Credential> read_credential(const std::string& certificate_path,
                                   const std::string& key_path) {
  constexpr mode_t forbidden = S_IWGRP | S_IXGRP | S_IRWXO;
  SLUICE_TRY(std::string certificates,
             read_whole(certificate_path, S_IWGRP | S_IWOTH, "certificate"));
  SLUICE_TRY(std::string key_text, read_whole(key_path, forbidden, "private key"));
  auto chain = chain_in(as_bytes(certificates));
  // The file of a proxy has its key as well.
  OPENSSL_cleanse(certificates.data(), certificates.size());
  if (!chain)
    return fail(Errc::authentication,
                fmt::format("certificate {}: {}", certificate_path, chain.error().detail));
  Memory in = memory_of(as_bytes(key_text));
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, &no_password, nullptr));
  OPENSSL_cleanse(key_text.data(), key_text.size());
  if (!key)
    return fail(Errc::authentication,
                fmt::format("private key {}: {}", key_path, openssl_reason()));
  if (X509_check_private_key(chain->front().get(), key.get()) != 1) {
    openssl_reason();
    return fail(Errc::authentication,
                fmt::format("private key {} does not belong to certificate {}", key_path,
                            certificate_path));
  }
  return Credential{std::move(*chain), std::move(key)};
}

}  // namespace sluice::auth::gsi
