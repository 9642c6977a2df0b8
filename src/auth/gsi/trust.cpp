// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/trust.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace sluice::auth::gsi {
namespace {

using StoreContext = Owned<X509_STORE_CTX, &X509_STORE_CTX_free>;

struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }  // not what is in it
};
using Stack = std::unique_ptr<STACK_OF(X509), StackFree>;

tl::unexpected<Error> refused(std::string_view what) {
  return fail(Errc::authentication, fmt::format("gsi: {}", what));
}
tl::unexpected<Error> refused(const X509* certificate, std::string_view what) {
  return refused(fmt::format("{}: {}", quoted_name(subject_of(certificate)), what));
}

bool is_proxy_with_sha1(X509* certificate) {
  if (!certificate || (X509_get_extension_flags(certificate) & EXFLAG_PROXY) == 0) return false;
  int digest = NID_undef;
  return X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) == 1 &&
         digest == NID_sha1;
}

// What OpenSSL objects to and we do not. Proxies live for hours and are signed by their user: clients of xrootd up to 5.5 sign those
// that they delegate with SHA-1. A list that is missing or too old stops nobody unless it must be there; who is on one stays
// out all the same.
template <bool needs_lists>
int tolerate(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  bool is_tolerable = false;
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_CA_MD_TOO_WEAK:
      is_tolerable = is_proxy_with_sha1(X509_STORE_CTX_get_current_cert(context));
      break;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
      is_tolerable = !needs_lists;
      break;
    default:
      break;
  }
  if (is_tolerable) X509_STORE_CTX_set_error(context, X509_V_OK);
  return is_tolerable ? 1 : 0;
}

// The certificate among the others that this one says it was signed by.
const Certificate* issuer_among(const Chain& chain, const X509* certificate) {
  for (const Certificate& other : chain) {
    if (other.get() != certificate &&
        X509_NAME_cmp(X509_get_subject_name(other.get()), X509_get_issuer_name(certificate)) == 0) {
      return &other;
    }
  }
  return nullptr;
}

bool may_sign(X509* certificate) {
  std::uint32_t usage = X509_get_key_usage(certificate);  // all bits where there is no extension
  return (usage & KU_DIGITAL_SIGNATURE) != 0;
}

Status check_legacy_link(X509* proxy, X509* issuer) {
  std::uint32_t flags = X509_get_extension_flags(proxy);
  if ((flags & (EXFLAG_INVALID | EXFLAG_CRITICAL | EXFLAG_CA)) != 0)
    return refused(proxy, "a proxy with extensions that it may not have");
  if (X509_cmp_current_time(X509_get0_notBefore(proxy)) > 0)
    return refused(proxy, "the proxy is not valid yet");
  if (X509_cmp_current_time(X509_get0_notAfter(proxy)) < 0)
    return refused(proxy, "the proxy has expired");
  int digest = NID_undef;
  int bits = 0;
  X509_get_signature_info(proxy, &digest, nullptr, &bits, nullptr);
  if (digest == NID_md5 || digest == NID_undef) return refused(proxy, "a proxy signed with MD5");
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  if (!may_sign(issuer) || !key || X509_verify(proxy, key) != 1) {
    openssl_reason();
    return refused(proxy, "the signature of the proxy is wrong");
  }
  return {};
}

// OpenSSL knows nothing of proxies that are so by their name alone: their links are followed here, up to the end entity.
Result<Chain> legacy_front(const Chain& chain) {
  Chain front;
  X509* at = chain.front().get();
  while (proxy_kind(at) == ProxyKind::globus2) {
    const Certificate* issuer = issuer_among(chain, at);
    if (!issuer || front.size() == chain.size())
      return refused(at, "the certificate that signed the proxy is not in the chain");
    SLUICE_CHECK(check_legacy_link(at, issuer->get()));
    front.push_back(share(at));
    at = issuer->get();
  }
  if (proxy_kind(at) != ProxyKind::none) return refused(at, "proxies of two kinds in one chain");
  front.push_back(share(at));
  return front;
}

Status prepare(X509_STORE_CTX* context, const CaDirectory& authorities, const TrustRules& rules,
               X509* leaf, STACK_OF(X509) * others) {
  if (X509_STORE_CTX_init(context, authorities.store(), leaf, others) != 1)
    return fail(Errc::server, "gsi: " + openssl_reason());
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_ALLOW_PROXY_CERTS;
  if (rules.crl != CrlUse::ignore) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(max_chain));
  // No MD5, no SHA-1, no RSA key below 1024 bits.
  X509_VERIFY_PARAM_set_auth_level(parameters, 1);
  X509_STORE_CTX_set_verify_cb(context,
                               rules.crl == CrlUse::require ? &tolerate<true> : &tolerate<false>);
  return {};
}

std::string verdict_of(X509_STORE_CTX* context) {
  int error = X509_STORE_CTX_get_error(context);
  X509* certificate = X509_STORE_CTX_get_current_cert(context);
  std::string name = certificate ? quoted_name(subject_of(certificate)) + ": " : std::string();
  switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return name + "signed by no authority that is trusted here";
    default:
      return name + X509_verify_cert_error_string(error);
  }
}

// From `leaf` to an authority.
Result<Chain> followed_chain(const CaDirectory& authorities, const TrustRules& rules, X509* leaf,
                             const Chain& chain) {
  Stack others(sk_X509_new_null());
  for (const Certificate& one : chain) {
    if (one.get() != leaf) sk_X509_push(others.get(), one.get());
  }
  StoreContext context(X509_STORE_CTX_new());
  if (!context || !others) return fail(Errc::server, "gsi: no memory");
  SLUICE_CHECK(prepare(context.get(), authorities, rules, leaf, others.get()));
  bool is_good = X509_verify_cert(context.get()) == 1;
  if (!is_good) {
    std::string verdict = verdict_of(context.get());
    openssl_reason();
    return refused(verdict);
  }
  Chain out;
  STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(path); ++i) out.push_back(share(sk_X509_value(path, i)));
  return out;
}

// Each authority may have signed the name below it.
Status check_policies(const CaDirectory& authorities, PolicyUse use, const Verified& verified) {
  if (use == PolicyUse::ignore) return {};
  for (std::size_t i = verified.proxies; i + 1 < verified.chain.size(); ++i) {
    const X509* signed_one = verified.chain[i].get();
    const X509* authority = verified.chain[i + 1].get();
    const SigningPolicy* policy = authorities.policy_of(authority);
    if (!policy) {
      if (use == PolicyUse::if_present) continue;
      return refused(authority, "the authority has no signing policy here");
    }
    if (!policy->allows(subject_of(authority), subject_of(signed_one)))
      return refused(signed_one,
                     fmt::format("{} may not sign this name", quoted_name(subject_of(authority))));
  }
  return {};
}

Status check_proxies(const TrustRules& rules, Verified& verified) {
  for (std::size_t i = 0; i < verified.proxies; ++i) {
    X509* proxy = verified.chain[i].get();
    if (!extends_name_of_issuer(proxy))
      return refused(proxy, "the name of the proxy is not the issuer's and one CN");
    SLUICE_TRY(bool is_limited_here, is_limited(proxy));
    verified.is_limited = verified.is_limited || is_limited_here;
  }
  if (verified.is_limited && !rules.takes_limited_proxies)
    return refused("limited proxies are not accepted here");
  return {};
}

}  // namespace

Result<Verified> verify_chain(const CaDirectory& authorities, const TrustRules& rules,
                              const Chain& chain) {
  if (chain.empty()) return refused("no certificate");
  if (chain.size() > max_chain) return refused(fmt::format("more than {} certificates", max_chain));
  Verified out;
  X509* leaf = chain.front().get();
  ProxyKind kind = proxy_kind(leaf);
  if (kind == ProxyKind::draft)
    return refused(leaf, "a proxy in the format of a draft of RFC 3820");
  if (kind == ProxyKind::globus2) {
    if (!rules.takes_legacy_proxies)
      return refused(leaf, "proxies from before RFC 3820 are not accepted here");
    SLUICE_TRY(out.chain, legacy_front(chain));
    leaf = out.chain.back().get();
    out.chain.pop_back();
  }
  SLUICE_TRY(Chain path, followed_chain(authorities, rules, leaf, chain));
  for (Certificate& one : path) out.chain.push_back(std::move(one));
  auto first = std::ranges::find_if(
      out.chain, [](const Certificate& one) { return proxy_kind(one.get()) == ProxyKind::none; });
  if (first == out.chain.end()) return refused(leaf, "no end entity");
  out.proxies = static_cast<std::size_t>(first - out.chain.begin());
  // The key of an authority is for signing, not for logging in.
  if (X509_check_ca(out.end_entity()) == 1)
    return refused(out.end_entity(), "the certificate of an authority");
  out.subject = subject_of(out.end_entity());
  SLUICE_CHECK(check_proxies(rules, out));
  SLUICE_CHECK(check_policies(authorities, rules.signing_policy, out));
  return out;
}

}  // namespace sluice::auth::gsi
