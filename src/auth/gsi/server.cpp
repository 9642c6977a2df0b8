// SPDX-License-Identifier: Apache-2.0
#include "auth/gsi/server.h"

#include "auth/gsi/gsi.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace sluice::auth {
namespace gsi {
namespace {

const Logger log("auth");

// A burst of logins that finds its keys made; each costs about four milliseconds of the thread that makes it.
constexpr std::size_t offers_ahead = 64;
constexpr std::size_t rsa_keys_ahead = 16;

tl::unexpected<Error> refused(std::string_view what) {
  return fail(Errc::authentication, fmt::format("gsi: {}", what));
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ":"));
}

Challenge challenge(const Buckets& message) { return {message.encode()}; }

// "aes-256-cbc#16"; the number is the length of the start vector.
Result<std::string_view> cipher_in(const Buckets& message,
                                   const std::vector<std::string>& offered) {
  SLUICE_TRY(std::string_view text, message.need_text(BucketType::cipher_algorithms, "a cipher"));
  std::string_view name = text.substr(0, text.find('#'));
  if (std::ranges::find(offered, name) == offered.end())
    return refused("the client chose a cipher that was not offered");
  if (name.size() != text.size() && text.substr(name.size() + 1) != std::to_string(vector_size))
    return refused("a start vector of an unexpected length");
  return name;
}

}  // namespace

ServerMethod::ServerMethod(GsiConfig config, std::shared_ptr<const HostIdentity> host)
    : config_(std::move(config)),
      host_(std::move(host)),
      voms_(config_.vomsdir, config_.ca_directory) {
  for (Group group : groups) {
    bool is_wanted =
        config_.group == GroupChoice::automatic || group_for(config_.group, {}) == group;
    if (!is_wanted) continue;
    offers_[static_cast<std::size_t>(group)] = std::make_unique<Reserve<Offer>>(
        offers_ahead, [this, group] { return Offer::make(host_.load(), group); });
  }
  if (config_.delegate) rsa_keys_ = std::make_unique<Reserve<Key>>(rsa_keys_ahead, &make_rsa_key);
}

std::string ServerMethod::parameters() const {
  return fmt::format("v:{},c:{},ca:{}", newest_version, crypto_module, host()->issuer_hashes);
}

std::unique_ptr<Conversation> ServerMethod::begin(const Peer& peer) const {
  return std::make_unique<ServerConversation>(*this, peer.release);
}

Status ServerMethod::reload() {
  std::shared_ptr<const HostIdentity> before = host_.load();
  SLUICE_TRY(std::shared_ptr<const HostIdentity> now, HostIdentity::read(config_, before.get()));
  bool is_same_host = now->certificate_pem == before->certificate_pem &&
                      EVP_PKEY_eq(now->credential.key.get(), before->credential.key.get()) == 1;
  host_.store(std::move(now));
  voms_.forget();
  if (is_same_host) return {};
  log.info("certificate.changed", {{"path", config_.certificate}});
  for (auto& reserve : offers_) {
    if (reserve) reserve->drop_all();
  }
  return {};
}

Result<Offer> ServerMethod::take_offer(std::string_view client_release) const {
  auto group = static_cast<std::size_t>(group_for(config_.group, client_release));
  return offers_[group]->take();
}

Result<Key> ServerMethod::take_rsa_key() const { return rsa_keys_->take(); }

Result<VomsAttributes> ServerMethod::voms_attributes(const Verified& verified) const {
  return voms_.read(verified);
}

Result<Verdict> ServerConversation::answer(ByteView credential) {
  // Whatever goes wrong, nothing can follow.
  Stage stage = std::exchange(stage_, Stage::over);
  if (credential.size() > max_credential) return refused("a message of more than 64 KiB");
  SLUICE_TRY(Buckets message, Buckets::decode(credential));
  if (stage == Stage::hello && message.is(Step::certificate_wanted))
    return send_certificate(message);
  if (stage == Stage::certificate && message.is(Step::client_certificate))
    return check_certificate(message);
  if (stage == Stage::proxy && message.is(Step::signed_proxy)) return take_proxy(message);
  return refused("a message out of order");
}

Status ServerConversation::read_hello(const Buckets& message) {
  version_ = std::min(message.number(BucketType::version).value_or(newest_version), newest_version);
  if (version_ < oldest_version) return refused("a version that never was");
  if (!is_signed() && !method_.config().legacy_versions)
    return refused(fmt::format("clients of version {} are too old for this server", version_));
  if (version_ >= version_with_options) options_ = message.number(BucketType::options).value_or(0);
  SLUICE_TRY(std::string_view modules,
             message.need_text(BucketType::crypto_module, "a crypto module"));
  if (!names_module(modules)) return refused("only the crypto module ssl is known");
  is_padded_ = is_signed() && modules.find(no_padding) == std::string_view::npos;
  SLUICE_TRY(std::string_view hashes,
             message.need_text(BucketType::issuer_hash, "the client's authority"));
  for (std::string_view hash : split(hashes, '|')) {
    if (authorities_->has(hash.substr(0, hash.find('.')))) return {};
  }
  return refused("unknown CA: the client's authority is not trusted here");
}

Result<Verdict> ServerConversation::send_certificate(const Buckets& message) {
  authorities_ = method_.host()->authorities;
  SLUICE_CHECK(read_hello(message));
  SLUICE_TRY(offer_, method_.take_offer(release_));
  SLUICE_TRY(ByteView main, message.need(BucketType::main, "its main part"));
  SLUICE_TRY(Buckets hello, Buckets::decode(main));

  Buckets inner(Step::server_certificate);
  SLUICE_CHECK(answer_tag(hello, inner, host_key()));
  inner.add(BucketType::random_tag, tag_.renew());
  Buckets outer(Step::server_certificate);
  outer.add(BucketType::crypto_module, crypto_module);
  if (is_signed()) {
    outer.add(BucketType::cipher, offer_->sealed_blob);
  } else {
    outer.add(BucketType::public_key, offer_->blob);
  }
  outer.add(BucketType::cipher_algorithms, joined(method_.config().ciphers))
      .add(BucketType::digest_algorithms, digests)
      .add(BucketType::certificates, offer_->host->certificate_pem)
      .add(BucketType::main, inner.encode());
  stage_ = Stage::certificate;
  return challenge(outer);
}

Status ServerConversation::agree(const Buckets& message) {
  SLUICE_TRY(std::string_view cipher, cipher_in(message, method_.config().ciphers));
  std::vector<std::byte> blob;
  SLUICE_TRY(ByteView key, message.need(BucketType::public_key, "the client's public key"));
  if (is_signed()) {
    SLUICE_TRY(client_key_, public_key_in(key));
    SLUICE_TRY(ByteView sealed, message.need(BucketType::cipher, "the client's public value"));
    SLUICE_TRY(blob, recover_pieces(client_key_.get(), sealed));
  } else {
    blob.assign(key.begin(), key.end());
  }
  SLUICE_TRY(std::vector<std::byte> secret, offer_->keys.agree(blob, is_padded_));
  auto session = AesSession::make(cipher, secret, is_signed());
  OPENSSL_cleanse(secret.data(), secret.size());
  SLUICE_TRY(session_, std::move(session));
  return {};
}

Result<Buckets> ServerConversation::open_main(const Buckets& message) const {
  SLUICE_TRY(ByteView main, message.need(BucketType::main, "its main part"));
  SLUICE_TRY(std::vector<std::byte> plain, session_->decrypt(main));
  return Buckets::decode(plain);
}

Status ServerConversation::read_chain(const Buckets& inner) {
  SLUICE_TRY(ByteView pem, inner.need(BucketType::certificates, "the client's certificates"));
  SLUICE_TRY(Chain chain, chain_in(pem));
  if ((options_ & makes_proxies) != 0 && chain.size() < 2)
    return refused("the client promised a proxy and sent a certificate");
  EVP_PKEY* key = X509_get0_pubkey(chain.front().get());
  if (!is_usable_key(key))
    return refused("the client's certificate has no RSA key of 1024 to 8192 bits");
  if (is_signed()) {
    if (EVP_PKEY_eq(key, client_key_.get()) != 1)
      return refused("the client's certificate belongs to another key");
  } else {
    EVP_PKEY_up_ref(key);
    client_key_.reset(key);
  }
  SLUICE_CHECK(tag_.check(inner, client_key_.get()));
  SLUICE_TRY(verified_, verify_chain(*authorities_, rules_of(method_.config()), chain));
  return {};
}

Status ServerConversation::read_attributes() {
  VomsUse use = method_.config().voms;
  if (use == VomsUse::off) return {};
  if (!has_voms_attributes(verified_)) {
    if (use == VomsUse::if_present) return {};
    return refused("a proxy without VOMS attributes");
  }
  auto attributes = method_.voms_attributes(verified_);
  if (!attributes) {
    if (use == VomsUse::require) return fail(attributes.error().code, attributes.error().detail);
    log.info("voms.ignored", {{"user", identity_.name}, {"why", attributes.error().detail}});
    return {};
  }
  identity_.vo = std::move(attributes->vo);
  identity_.fqans = std::move(attributes->fqans);
  return {};
}

Proof ServerConversation::proof() const { return {identity_, session_}; }

Result<Verdict> ServerConversation::check_certificate(const Buckets& message) {
  SLUICE_CHECK(agree(message));
  SLUICE_TRY(Buckets inner, open_main(message));
  SLUICE_CHECK(read_chain(inner));
  identity_.method = "gsi";
  identity_.name = verified_.subject;
  identity_.is_proven = true;
  SLUICE_CHECK(read_attributes());
  if (may_ask_for_proxy()) return ask_for_proxy(inner);
  return proof();
}

bool ServerConversation::may_ask_for_proxy() const {
  bool is_wanted = method_.config().delegate && is_signed() && verified_.proxies > 0 &&
                   (options_ & (signs_requests | wants_to_delegate)) != 0;
  if (!is_wanted || verified_.is_limited) return false;
  X509* leaf = verified_.chain.front().get();
  return proxy_kind(leaf) == ProxyKind::rfc && X509_get_proxy_pathlen(leaf) != 0;
}

Result<Verdict> ServerConversation::ask_for_proxy(const Buckets& inner) {
  SLUICE_TRY(proxy_key_, method_.take_rsa_key());
  SLUICE_TRY(std::string request,
             make_proxy_request(verified_.chain.front().get(), proxy_key_.get()));
  Buckets main(Step::proxy_request);
  SLUICE_CHECK(answer_tag(inner, main, host_key()));
  main.add(BucketType::certificate_request, request).add(BucketType::random_tag, tag_.renew());
  SLUICE_TRY(std::vector<std::byte> sealed, session_->encrypt(main.encode()));
  Buckets outer(Step::proxy_request);
  outer.add(BucketType::crypto_module, crypto_module).add(BucketType::main, sealed);
  stage_ = Stage::proxy;
  return challenge(outer);
}

Result<std::shared_ptr<const DelegatedProxy>> ServerConversation::proxy_in(const Buckets& inner) {
  auto pem = inner.find(BucketType::certificates);
  if (!pem) {
    auto message = inner.find(BucketType::message);
    return refused(message ? quoted_name(as_text(*message)) : "no proxy and no reason");
  }
  SLUICE_TRY(Chain chain, chain_in(*pem));
  if (chain.size() != 1) return refused("more than the one proxy that was asked for");
  if (EVP_PKEY_eq(X509_get0_pubkey(chain.front().get()), proxy_key_.get()) != 1)
    return refused("a proxy for another key");
  for (std::size_t i = 0; i <= verified_.proxies; ++i)
    chain.push_back(share(verified_.chain[i].get()));
  SLUICE_TRY(Verified verified, verify_chain(*authorities_, rules_of(method_.config()), chain));
  if (verified.subject != verified_.subject || verified.proxies != verified_.proxies + 1)
    return refused("a proxy of somebody else");
  // Authorities stay at home: who gets the chain has them, or does not believe us.
  verified.chain.resize(verified.proxies + 1);
  return std::make_shared<const DelegatedProxy>(
      Credential{std::move(verified.chain), std::move(proxy_key_)});
}

Result<Verdict> ServerConversation::take_proxy(const Buckets& message) {
  SLUICE_TRY(Buckets inner, open_main(message));
  SLUICE_CHECK(tag_.check(inner, client_key_.get()));
  auto proxy = proxy_in(inner);
  // Who the client is was proven before; without a proxy it only cannot have copies made in its name.
  if (proxy) {
    identity_.delegated = std::move(*proxy);
  } else {
    log.info("delegation.failed", {{"user", identity_.name}, {"why", proxy.error().detail}});
  }
  return proof();
}

}  // namespace gsi

Result<std::unique_ptr<Method>> make_gsi(GsiConfig config) {
  SLUICE_CHECK(check_gsi_ciphers(config.ciphers));
  SLUICE_TRY(std::shared_ptr<const gsi::HostIdentity> host,
             gsi::HostIdentity::read(config, nullptr));
  return std::make_unique<gsi::ServerMethod>(std::move(config), std::move(host));
}

}  // namespace sluice::auth
