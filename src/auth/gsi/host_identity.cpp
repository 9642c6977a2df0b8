// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/host_identity.h"

#include "auth/gsi/signature.h"

#include <fmt/format.h>

namespace sluice::auth::gsi {

namespace {

// The part of the group's text that fills whole pieces.
std::string_view fixed_pieces(const EVP_PKEY* key, Group group) {
  std::string_view text = text_of(group);
  return text.substr(0, text.size() / piece_size(key) * piece_size(key));
}

}  // namespace

TrustRules rules_of(const GsiConfig& config) {
  return {.crl = config.crl,
          .signing_policy = config.signing_policy,
          .takes_limited_proxies = config.limited_proxies,
          .takes_legacy_proxies = config.legacy_proxies};
}

std::string hash_list(const X509_NAME* name) {
  auto hashes = hashes_of(name);
  if (hashes[0] == hashes[1]) return hashes[0] + ".0";
  return fmt::format("{}.0|{}.0", hashes[0], hashes[1]);
}

Result<std::shared_ptr<const HostIdentity>> HostIdentity::read(const GsiConfig& config,
                                                               const HostIdentity* before) {
  auto out = std::make_shared<HostIdentity>();
  SLUICE_TRY(out->credential, read_credential(config.certificate, config.key));
  if (!is_usable_key(out->credential.key.get())) {
    return fail(
        Errc::authentication,
        fmt::format("private key {}: gsi needs an RSA key of 1024 to 8192 bits", config.key));
  }
  EVP_PKEY* key = out->credential.key.get();
  for (Group group : groups) {
    SLUICE_TRY(out->sealed_groups[static_cast<std::size_t>(group)],
               sign_pieces(key, as_bytes(fixed_pieces(key, group))));
  }
  X509* host = out->credential.chain.front().get();
  out->certificate_pem = pem_of(host);
  out->issuer_hashes = hash_list(X509_get_issuer_name(host));
  auto authorities =
      CaDirectory::read(config.ca_directory, before ? before->authorities.get() : nullptr);
  if (!authorities)
    return fail(Errc::authentication,
                fmt::format("auth.gsi.ca_directory: {}", authorities.error().detail));
  out->authorities = std::move(*authorities);
  if (out->authorities->size() == 0) {
    return fail(Errc::authentication,
                fmt::format("auth.gsi.ca_directory {} has no authorities named by their hash",
                            config.ca_directory));
  }
  if (config.verify_host_certificate) {
    TrustRules lenient{.crl = CrlUse::if_valid, .signing_policy = PolicyUse::if_present};
    auto verified = verify_chain(*out->authorities, lenient, out->credential.chain);
    if (!verified)
      return fail(Errc::authentication,
                  fmt::format("certificate {}: {}", config.certificate, verified.error().detail));
  }
  return out;
}

Result<Offer> Offer::make(std::shared_ptr<const HostIdentity> host, Group group) {
  SLUICE_TRY(AgreementKey keys, AgreementKey::generate(group));
  std::string blob = keys.blob();
  EVP_PKEY* key = host->credential.key.get();
  std::vector<std::byte> sealed = host->sealed_groups[static_cast<std::size_t>(group)];
  std::string_view rest = std::string_view(blob).substr(fixed_pieces(key, group).size());
  SLUICE_TRY(std::vector<std::byte> others, sign_pieces(key, as_bytes(rest)));
  sealed.insert(sealed.end(), others.begin(), others.end());
  return Offer{std::move(host), std::move(keys), std::move(blob), std::move(sealed)};
}

}  // namespace sluice::auth::gsi
