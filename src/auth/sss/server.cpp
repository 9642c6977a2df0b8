// SPDX-License-Identifier: Apache-2.0
// The server's side of sss.
#include "auth/sss/blowfish.h"
#include "auth/sss/credential.h"
#include "auth/sss/replay_cache.h"
#include "auth/sss/sss.h"
#include "base/fd.h"
#include "base/text.h"
#include "net/host_addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>

namespace sluice::auth {

std::int64_t unix_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count();
}

namespace sss {
namespace {

namespace ip = asio::ip;

using net::plain;

// Each takes about 100 bytes while its credential is fresh.
constexpr std::size_t max_fresh_credentials = 500'000;

tl::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::authentication, fmt::format("sss: {}", what));
}

// "[192.0.2.1]", "[2001:db8::1]", as stock clients of today write IPv4, "[::ffff:192.0.2.1]:40000", and of old, "[::192.0.2.1]".
// The port is passed over: who forwards a connection may change it.
bool is_address_of(std::string_view text, const ip::address& peer) {
  const std::size_t end = text.find_first_of("]%");
  if (!text.starts_with('[') || end == std::string_view::npos) return false;
  boost::system::error_code error;
  const ip::address claimed = plain(ip::make_address(text.substr(1, end - 1), error));
  if (error) return false;
  if (claimed == plain(peer)) return true;
  if (!claimed.is_v6() || !plain(peer).is_v4()) return false;
  const auto octets = claimed.to_v6().to_bytes();
  const auto wanted = plain(peer).to_v4().to_bytes();
  return std::all_of(octets.begin(), octets.begin() + 12, [](auto octet) { return octet == 0; }) &&
         std::equal(wanted.begin(), wanted.end(), octets.begin() + 12);
}

// Old clients give their name only.
bool is_name_of(std::string_view host, const ip::address& peer) {
  const auto addresses = net::addresses_of(host);
  return std::ranges::find(addresses, plain(peer)) != addresses.end();
}

Status check_source(const Key& key, const Content& content, const ip::address& peer) {
  if (key.skips_address()) return {};
  if (!content.address.empty()) {
    if (is_address_of(content.address, peer)) return {};
    return bad("the credential was made for another address");
  }
  if (content.host.empty()) return bad("the credential does not say where it comes from");
  if (is_name_of(content.host, peer)) return {};
  return bad("the credential was made on another host");
}

Identity identity_of(const Key& key, const Content& content) {
  Identity out;
  out.method = "sss";
  out.is_proven = true;
  out.name = key.user;
  if (key.takes_any_user()) out.name = content.name.empty() ? "nobody" : content.name;
  if (key.leaves_groups_to_user()) return out;
  std::string_view groups = key.group;
  if (key.takes_any_group()) groups = content.groups.empty() ? "nogroup" : content.groups;
  for (std::string_view group : split(groups, ' '))
    if (!group.empty()) out.groups.emplace_back(group);
  return out;
}

struct Shared {
  SssConfig config;
  UnixClock clock;
  std::unique_ptr<ParsedFile<Keytab>> keytab;
  mutable ReplayCache replays;
};

class SssConversation final : public Conversation {
 public:
  SssConversation(const Shared& shared, const Peer& peer) : shared_(&shared), peer_(peer) {}

  Result<Verdict> answer(ByteView credential) override {
    SLUICE_TRY(const Envelope envelope, open_envelope(credential));
    const auto keytab = shared_->keytab->now();
    const std::int64_t now = shared_->clock();
    const Key* key = keytab->find(envelope.key_id, envelope.key_name);
    if (key == nullptr) return bad("the credential's key is not in the keytab");
    if (key->is_expired(now)) return bad("the credential's key has expired");
    SLUICE_TRY(const auto plain, unseal(envelope, *key));
    SLUICE_TRY(const Content content, parse_content(plain));
    // The future is bounded as well: else a credential could outlive the memory of its use.
    const std::int64_t lifetime = shared_->config.lifetime.count() / 1000;
    if (content.made + lifetime <= now || content.made > now + lifetime)
      return bad("the credential has expired, or the clocks differ");
    if (content.option == Option::send_login_name) return login_name(envelope, *key, now);
    if (content.option != Option::use_items) return bad("the credential asks for what is unknown");
    if (!content.has_items) return bad("the credential names nobody");
    SLUICE_CHECK(check_source(*key, content, peer_.address));
    // Last, so that only what would be let in takes a place.
    SLUICE_CHECK(shared_->replays.use(key->id, content.nonce, now));
    return Verdict(Proof{identity_of(*key, content), nullptr});
  }

 private:
  // Clients that choose their identity by the name they log in with ask for it first.
  Result<Verdict> login_name(const Envelope& envelope, const Key& key, std::int64_t now) {
    if (asked_) return bad("the credential asks for the login name twice");
    asked_ = true;
    const std::array items{Item{ItemType::login_name, "nobody"}};
    SLUICE_TRY(auto bytes, seal(key, items, {now, envelope.has_name, Option::use_items}));
    return Verdict(Challenge{std::move(bytes)});
  }

  const Shared* shared_;
  Peer peer_;
  bool asked_ = false;
};

class Sss final : public Method {
 public:
  Sss(const SssConfig& config, UnixClock clock, std::unique_ptr<ParsedFile<Keytab>> keytab)
      : shared_{config, std::move(clock), std::move(keytab),
                ReplayCache(config.lifetime.count() / 1000, max_fresh_credentials)} {}

  std::string_view name() const override { return "sss"; }

  // The plus tells clients that we speak version 2.
  std::string parameters() const override {
    return fmt::format("0.+{}:{}", shared_.config.lifetime.count() / 1000,
                       shared_.config.client_keytab);
  }

  std::unique_ptr<Conversation> begin(const Peer& peer) const override {
    return std::make_unique<SssConversation>(shared_, peer);
  }

  Status reload() override { return shared_.keytab->reload(); }

 private:
  const Shared shared_;
};

}  // namespace
}  // namespace sss

Result<std::unique_ptr<Method>> make_sss(const SssConfig& config, UnixClock clock) {
  SLUICE_CHECK(sss::check_blowfish());
  // The security token of the login answer is made of words.
  if (config.client_keytab.find_first_of(" &,") != std::string::npos) {
    return fail(Errc::invalid_argument,
                "auth.sss.client_keytab may have no space, comma or ampersand");
  }
  auto keytab =
      ParsedFile<sss::Keytab>::open(config.keytab, sss::max_keytab, &sss::Keytab::parse_file);
  if (!keytab) {
    return fail(keytab.error().code, fmt::format("auth.sss.keytab: {}", keytab.error().detail));
  }
  return std::make_unique<sss::Sss>(config, std::move(clock), std::move(*keytab));
}

}  // namespace sluice::auth
