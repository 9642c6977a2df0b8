// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/delegated_proxy.h"

#include "auth/gsi/signature.h"
#include "base/crypto.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>

namespace sluice::auth {

std::string DelegatedProxy::pem() const {
  Owned<BIO, &BIO_free_all> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), credential_.chain.front().get());
  PEM_write_bio_PrivateKey(out.get(), credential_.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  for (std::size_t i = 1; i < credential_.chain.size(); ++i)
    PEM_write_bio_X509(out.get(), credential_.chain[i].get());
  return gsi::text_in(out.get());
}

namespace gsi {
namespace {

using Request = Owned<X509_REQ, &X509_REQ_free>;
using Name = Owned<X509_NAME, &X509_NAME_free>;
using Extension = Owned<X509_EXTENSION, &X509_EXTENSION_free>;
struct ExtensionsFree {
  void operator()(STACK_OF(X509_EXTENSION) * stack) const {
    sk_X509_EXTENSION_pop_free(stack, &X509_EXTENSION_free);
  }
};
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree>;

constexpr int rsa_bits = 2048;

tl::unexpected<Error> failed(std::string_view what) {
  return fail(Errc::authentication, fmt::format("gsi: {}: {}", what, openssl_reason()));
}

Extension extension(int nid, const char* value) {
  return Extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
}

// `longest`: how many proxies may follow; -1: any number.
Extension proxy_extension(long longest) {
  Owned<PROXY_CERT_INFO_EXTENSION, &PROXY_CERT_INFO_EXTENSION_free> info(
      PROXY_CERT_INFO_EXTENSION_new());
  if (!info) return nullptr;
  info->proxyPolicy->policyLanguage = OBJ_nid2obj(NID_id_ppl_inheritAll);
  if (longest >= 0) {
    info->pcPathLengthConstraint = ASN1_INTEGER_new();
    ASN1_INTEGER_set(info->pcPathLengthConstraint, longest);
  }
  return Extension(X509V3_EXT_i2d(NID_proxyCertInfo, 1, info.get()));
}

Name extended_name(const X509_NAME* name, const std::string& common_name) {
  Name out(X509_NAME_dup(name));
  X509_NAME_add_entry_by_NID(out.get(), NID_commonName, MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  return out;
}

// Positive 31 bits: clients read it back with strtol.
std::uint32_t random_serial() {
  std::array<std::byte, 4> bytes{};
  fill_random(bytes);
  return (load_be<std::uint32_t>(bytes) & 0x7fffffff) | 1;
}

// What the request's subject adds to that of the credential; empty when it is not such a name.
std::string added_common_name(X509_REQ* request, const X509* issuer) {
  const X509_NAME* name = X509_REQ_get_subject_name(request);
  Certificate probe(X509_new());
  X509_set_subject_name(probe.get(), name);
  X509_set_issuer_name(probe.get(), X509_get_subject_name(issuer));
  if (!extends_name_of_issuer(probe.get())) return {};
  const ASN1_STRING* value =
      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, X509_NAME_entry_count(name) - 1));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

bool put_together(X509* proxy, const Credential& issuer, X509_REQ* request) {
  X509* parent = issuer.chain.front().get();
  long longest = X509_get_proxy_pathlen(parent);
  Extension usage = extension(NID_key_usage, "critical,digitalSignature,keyEncipherment");
  Extension info = proxy_extension(longest > 0 ? longest - 1 : longest);
  return usage && info && X509_set_version(proxy, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(proxy), random_serial()) == 1 &&
         X509_set_subject_name(proxy, X509_REQ_get_subject_name(request)) == 1 &&
         X509_set_issuer_name(proxy, X509_get_subject_name(parent)) == 1 &&
         X509_set_pubkey(proxy, X509_REQ_get0_pubkey(request)) == 1 &&
         // Some minutes for clocks that are behind.
         X509_gmtime_adj(X509_getm_notBefore(proxy), -300) != nullptr &&
         X509_set1_notAfter(proxy, X509_get0_notAfter(parent)) == 1 &&
         X509_add_ext(proxy, usage.get(), -1) == 1 && X509_add_ext(proxy, info.get(), -1) == 1 &&
         X509_sign(proxy, issuer.key.get(), EVP_sha256()) > 0;
}

}  // namespace

Result<Key> make_rsa_key() {
  Key key(EVP_RSA_gen(rsa_bits));
  if (!key) return failed("no key could be made");
  return key;
}

Result<std::string> make_proxy_request(X509* proxy, EVP_PKEY* key) {
  Request request(X509_REQ_new());
  Extensions extensions(sk_X509_EXTENSION_new_null());
  Extension info = proxy_extension(-1);
  Name name = extended_name(X509_get_subject_name(proxy), std::to_string(random_serial()));
  if (!request || !extensions || !info ||
      sk_X509_EXTENSION_push(extensions.get(), info.get()) == 0) {
    return failed("no request could be made");
  }
  info.release();  // the stack has it
  if (X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_subject_name(request.get(), name.get()) != 1 ||
      X509_REQ_set_pubkey(request.get(), key) != 1 ||
      X509_REQ_add_extensions(request.get(), extensions.get()) != 1 ||
      X509_REQ_sign(request.get(), key, EVP_sha256()) <= 0) {
    return failed("no request could be made");
  }
  Memory out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(out.get(), request.get());
  return text_in(out.get());
}

Result<std::string> sign_proxy_request(const Credential& credential, ByteView request) {
  Memory in = memory_of(request);
  Request read(PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr));
  if (!read) return failed("the request for a proxy cannot be read");
  EVP_PKEY* key = X509_REQ_get0_pubkey(read.get());
  X509* parent = credential.chain.front().get();
  if (!is_usable_key(key) || X509_REQ_verify(read.get(), key) != 1)
    return failed("the request for a proxy is not signed with its own RSA key");
  if (added_common_name(read.get(), parent).empty())
    return fail(Errc::authentication, "gsi: a request for a proxy of somebody else");
  if (X509_get_proxy_pathlen(parent) == 0)
    return fail(Errc::authentication, "gsi: this proxy may not sign another");
  SLUICE_TRY(bool limited, is_limited(parent));
  if (limited) return fail(Errc::authentication, "gsi: a limited proxy signs no full one");
  Certificate proxy(X509_new());
  if (!put_together(proxy.get(), credential, read.get())) return failed("no proxy could be signed");
  return pem_of(proxy.get());
}

}  // namespace gsi
}  // namespace sluice::auth
