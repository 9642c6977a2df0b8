// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/client.h"

#include "auth/gsi/gsi.h"
#include "auth/gsi/host_identity.h"
#include "auth/gsi/host_name.h"
#include "auth/gsi/trust.h"
#include "auth/gsi/user_credential.h"
#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace sluice::auth {
namespace gsi {
namespace {

constexpr std::size_t max_authorities = 16;  // that a server names
constexpr std::size_t max_kept = 64;         // directories, each with the authorities of one server

tl::unexpected<Error> refused(std::string_view what) {
  return fail(Errc::authentication, fmt::format("gsi: {}", what));
}

// The authority that signed the end entity.
const X509_NAME* authority_of(const Chain& chain) {
  X509* at = chain.front().get();
  for (std::size_t i = 0; i < chain.size() && proxy_kind(at) != ProxyKind::none; ++i) {
    for (const Certificate& one : chain) {
      if (X509_NAME_cmp(X509_get_subject_name(one.get()), X509_get_issuer_name(at)) != 0) continue;
      at = one.get();
      break;
    }
  }
  return X509_get_issuer_name(at);
}

// Authorities are read from disk once, after that only what changed.
Result<std::shared_ptr<const CaDirectory>> kept_authorities(
    const std::string& path, const std::vector<std::string>& hashes) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const CaDirectory>> kept;
  std::string key = fmt::format("{}\n{}", path, fmt::join(hashes, " "));
  std::shared_ptr<const CaDirectory> before;
  {
    std::scoped_lock lock(mutex);
    if (auto found = kept.find(key); found != kept.end()) before = found->second;
  }
  SLUICE_TRY(std::shared_ptr<const CaDirectory> now, CaDirectory::read(path, before.get(), hashes));
  std::scoped_lock lock(mutex);
  if (kept.size() >= max_kept) kept.clear();
  kept[key] = now;
  return now;
}

// The first of theirs that is one of ours.
Result<std::string> common_cipher(const Buckets& message) {
  SLUICE_TRY(std::string_view list,
             message.need_text(BucketType::cipher_algorithms, "a list of ciphers"));
  for (std::string_view name : split(list, ':')) {
    if (is_known_cipher(name)) return std::string(name);
  }
  return refused("the server offers no cipher that is safe");
}

std::string common_digest(const Buckets& message) {
  auto list = message.find(BucketType::digest_algorithms);
  if (!list) return std::string(digests);
  std::vector<std::string_view> names = split(Reader(*list).text(), ':');
  if (std::ranges::find(names, digests) != names.end() || names.front().size() > 16)
    return std::string(digests);
  return std::string(names.front());  // nothing is made with it, but it must be one of theirs
}

CrlUse crl_use(const std::string& level) {
  if (level == "0") return CrlUse::ignore;
  return level == "2" || level == "3" ? CrlUse::require : CrlUse::if_valid;
}

}  // namespace

Result<ServerParameters> parse_parameters(std::string_view text) {
  ServerParameters out;
  for (std::string_view part : split(text, ',')) {
    if (part.starts_with("v:")) {
      auto version = parse_int<std::int32_t>(part.substr(2), 0, 999'999);
      if (!version || *version < oldest_version) return refused("a server of an unknown version");
      out.version = std::min(*version, newest_version);
    } else if (part.starts_with("c:")) {
      if (!names_module(part.substr(2))) return refused("a server without the crypto module ssl");
      out.pads = part.find(no_padding) == part.npos;
    } else if (part.starts_with("ca:")) {
      for (std::string_view hash : split(part.substr(3), '|')) {
        if (out.authorities.size() < max_authorities)
          out.authorities.emplace_back(hash.substr(0, hash.find('.')));
      }
    }
  }
  return out;
}

std::string ClientGsi::variable(std::string_view name) const {
  return server_.variable ? server_.variable(name) : std::string();
}

const Credential& ClientGsi::credential() const {
  return delegated_ ? delegated_->credential() : own_;
}

Result<std::vector<std::byte>> ClientGsi::begin() {
  stage_ = Stage::over;
  SLUICE_TRY(parameters_, parse_parameters(server_.parameters));
  if (!delegated_) {
    SLUICE_TRY(own_, find_user_credential(server_, parameters_.version >= version_without_proxy));
  }
  if (!is_usable_key(credential().key.get()))
    return refused("the key of the proxy is not RSA of 1024 to 8192 bits");
  // As xrootd's clients have it: nobody gets a proxy unless the user says so.
  std::string delegation = variable("XrdSecGSIDELEGPROXY");
  may_delegate_ = is_signed() && !delegation.empty() && delegation != "0";

  Buckets inner(Step::certificate_wanted);
  inner.add(BucketType::random_tag, tag_.renew());
  Buckets outer(Step::certificate_wanted);
  outer.add(BucketType::crypto_module, crypto_module)
      .add(BucketType::version, parameters_.version)
      .add(BucketType::issuer_hash, hash_list(authority_of(credential().chain)));
  if (parameters_.version >= version_with_options)
    outer.add(BucketType::options, may_delegate_ ? signs_requests | wants_to_delegate : 0);
  outer.add(BucketType::main, inner.encode());
  stage_ = Stage::certificate;
  return outer.encode();
}

Result<std::vector<std::byte>> ClientGsi::answer(ByteView challenge) {
  Stage stage = std::exchange(stage_, Stage::over);
  if (challenge.size() > max_credential) return refused("a message of more than 64 KiB");
  SLUICE_TRY(Buckets message, Buckets::decode(challenge));
  if (stage == Stage::certificate && message.is(Step::server_certificate))
    return send_certificate(message);
  if (stage == Stage::request && message.is(Step::proxy_request)) return answer_request(message);
  return refused("a message of the server out of order");
}

Result<std::shared_ptr<const CaDirectory>> ClientGsi::authorities(const Chain& chain) const {
  std::string path = variable("XrdSecGSICADIR");
  if (path.empty()) path = variable("X509_CERT_DIR");
  if (path.empty()) path = "/etc/grid-security/certificates";
  std::vector<std::string> hashes = parameters_.authorities;
  for (const Certificate& one : chain) {
    for (std::string& hash : hashes_of(X509_get_issuer_name(one.get())))
      hashes.push_back(std::move(hash));
  }
  return kept_authorities(path, hashes);
}

Status ClientGsi::check_name(X509* certificate) {
  if (!is_certificate_of(certificate, server_.host)) {
    bool may_ask = variable("XrdSecGSITRUSTDNS") == "1";
    std::string other = may_ask ? resolved_name(server_.host) : std::string();
    if (other.empty() || !is_certificate_of(certificate, other)) {
      return refused(fmt::format("the certificate of the server, {}, is not for {}",
                                 quoted_name(subject_of(certificate)), server_.host));
    }
    // Whoever can lie in the DNS gets our login, but nothing to act in our name with.
    may_delegate_ = false;
  }
  std::string allowed = variable("XrdSecGSISRVNAMES");
  if (!allowed.empty() && !is_allowed_server(allowed, certificate, server_.host))
    may_delegate_ = false;
  return {};
}

Status ClientGsi::check_server(const Buckets& message) {
  SLUICE_TRY(ByteView pem, message.need(BucketType::certificates, "the server's certificate"));
  SLUICE_TRY(Chain chain, chain_in(pem));
  SLUICE_TRY(std::shared_ptr<const CaDirectory> trusted, authorities(chain));
  TrustRules rules{.crl = crl_use(variable("XrdSecGSICRLCHECK")),
                   .signing_policy = PolicyUse::if_present};
  SLUICE_TRY(Verified verified, verify_chain(*trusted, rules, chain));
  X509* certificate = verified.chain.front().get();
  if (verified.proxies != 0) return refused("the server shows a proxy");
  SLUICE_CHECK(check_name(certificate));
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (!is_usable_key(key)) return refused("the server's key is not RSA of 1024 to 8192 bits");
  EVP_PKEY_up_ref(key);
  server_key_.reset(key);
  return {};
}

Status ClientGsi::agree(const Buckets& message, Buckets& outer) {
  SLUICE_TRY(std::string cipher, common_cipher(message));
  std::vector<std::byte> blob;
  if (is_signed()) {
    SLUICE_TRY(ByteView sealed, message.need(BucketType::cipher, "the server's public value"));
    SLUICE_TRY(blob, recover_pieces(server_key_.get(), sealed));
  } else {
    SLUICE_TRY(ByteView plain, message.need(BucketType::public_key, "the server's public value"));
    blob.assign(plain.begin(), plain.end());
  }
  SLUICE_TRY(AgreementKey keys, AgreementKey::generate_for(blob));
  SLUICE_TRY(std::vector<std::byte> secret, keys.agree(blob, is_signed() && parameters_.pads));
  auto session = AesSession::make(cipher, secret, is_signed());
  OPENSSL_cleanse(secret.data(), secret.size());
  SLUICE_TRY(session_, std::move(session));

  std::string ours = keys.blob();
  if (!is_signed()) {
    outer.add(BucketType::cipher_algorithms, cipher).add(BucketType::public_key, ours);
    return {};
  }
  EVP_PKEY* key = credential().key.get();
  SLUICE_TRY(std::vector<std::byte> sealed, sign_pieces(key, as_bytes(ours)));
  outer.add(BucketType::cipher_algorithms, fmt::format("{}#{}", cipher, vector_size))
      .add(BucketType::cipher, sealed)
      .add(BucketType::public_key, public_key_pem(key));
  return {};
}

Result<std::vector<std::byte>> ClientGsi::send_certificate(const Buckets& message) {
  SLUICE_CHECK(check_server(message));
  SLUICE_TRY(ByteView main, message.need(BucketType::main, "its main part"));
  SLUICE_TRY(Buckets hello, Buckets::decode(main));
  SLUICE_CHECK(tag_.check(hello, server_key_.get()));
  Buckets outer(Step::client_certificate);
  outer.add(BucketType::crypto_module, crypto_module)
      .add(BucketType::digest_algorithms, common_digest(message));
  SLUICE_CHECK(agree(message, outer));

  Buckets inner(Step::client_certificate);
  SLUICE_CHECK(answer_tag(hello, inner, credential().key.get()));
  inner.add(BucketType::certificates, pem_of(credential().chain));
  if (std::string user = variable("XrdSecUSER"); !user.empty()) inner.add(BucketType::user, user);
  inner.add(BucketType::random_tag, tag_.renew());
  SLUICE_TRY(std::vector<std::byte> sealed, session_->encrypt(inner.encode()));
  outer.add(BucketType::main, sealed);
  stage_ = Stage::request;
  return outer.encode();
}

Result<std::vector<std::byte>> ClientGsi::answer_request(const Buckets& message) {
  SLUICE_TRY(ByteView main, message.need(BucketType::main, "its main part"));
  SLUICE_TRY(std::vector<std::byte> plain, session_->decrypt(main));
  SLUICE_TRY(Buckets asked, Buckets::decode(plain));
  SLUICE_CHECK(tag_.check(asked, server_key_.get()));
  Buckets inner(Step::signed_proxy);
  SLUICE_CHECK(answer_tag(asked, inner, credential().key.get()));
  auto request = asked.find(BucketType::certificate_request);
  if (!may_delegate_ || !request) {
    inner.add(BucketType::message, "delegation is not allowed to this server");
  } else if (auto proxy = sign_proxy_request(credential(), *request)) {
    inner.add(BucketType::certificates, *proxy);
  } else {
    inner.add(BucketType::message, proxy.error().detail);
  }
  SLUICE_TRY(std::vector<std::byte> sealed, session_->encrypt(inner.encode()));
  Buckets outer(Step::signed_proxy);
  outer.add(BucketType::crypto_module, crypto_module).add(BucketType::main, sealed);
  return outer.encode();
}

}  // namespace gsi

std::unique_ptr<ClientConversation> begin_gsi(const Server& server) {
  return begin_gsi(server, nullptr);
}

std::unique_ptr<ClientConversation> begin_gsi(const Server& server,
                                              std::shared_ptr<const DelegatedProxy> proxy) {
  return std::make_unique<gsi::ClientGsi>(server, std::move(proxy));
}

}  // namespace sluice::auth
