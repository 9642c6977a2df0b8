// SPDX-License-Identifier: Apache-2.0
// The client's side of sss.
#include "auth/sss/blowfish.h"
#include "auth/sss/credential.h"
#include "auth/sss/sss.h"
#include "base/checksum.h"
#include "base/crypto.h"
#include "base/units.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace sluice::auth {
namespace sss {
namespace {

// What a server says after "sss,": "0.+13:/etc/xrootd/sss.keytab".
struct Offer {
  bool takes_names = false;  // version 2
  std::string_view keytab;
};

Result<Offer> parse_offer(std::string_view text) {
  if (!text.starts_with("0."))
    return fail(Errc::authentication, "sss: the server wants an encryption that is unknown here");
  text.remove_prefix(2);
  Offer out;
  if (text.starts_with('+')) {
    out.takes_names = true;
    text.remove_prefix(1);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos ||
      !parse_int<std::uint32_t>(text.substr(0, colon), 0, UINT32_MAX))
    return fail(Errc::authentication, "sss: the server's parameters are not understood");
  out.keytab = text.substr(colon + 1);
  return out;
}

// Stock servers compare texts, and the port is part of theirs.
std::string address_item(const asio::ip::tcp::endpoint& local) {
  const asio::ip::address& address = local.address();
  const bool is_plain = address.is_v4();
  return fmt::format("[{}{}]:{}", is_plain ? "::ffff:" : "", address.to_string(), local.port());
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

class SssClient final : public ClientConversation {
 public:
  explicit SssClient(Server server) : server_(std::move(server)) {}

  Result<std::vector<std::byte>> begin() override {
    SLUICE_CHECK(check_blowfish());
    SLUICE_TRY(const Offer offer, parse_offer(server_.parameters));
    const std::string path = keytab_path(offer);
    if (path.empty()) {
      return fail(Errc::authentication,
                  "sss: no keytab: set XrdSecSSSKT, or put one at ~/.xrd/sss.keytab");
    }
    auto keytab = Keytab::read(path);
    if (!keytab)
      return fail(Errc::authentication, fmt::format("sss: {}", keytab.error().message()));
    const std::int64_t now = unix_now();
    const Key* key = keytab->for_client(now);
    if (key == nullptr)
      return fail(Errc::authentication, fmt::format("sss: every key of {} has expired", path));
    return credential(*key, now, offer.takes_names);
  }

  // Only clients that ask for their login name are asked back, and this one does not.
  Result<std::vector<std::byte>> answer(ByteView) override {
    return fail(Errc::authentication, "sss: the server asks for more than there is");
  }

 private:
  std::string value_of(const std::function<std::string(std::string_view)>& look,
                       std::string_view name) const {
    return look ? look(name) : std::string();
  }

  std::string keytab_path(const Offer& offer) const {
    if (std::string path = value_of(server_.option, "xrd.sss"); !path.empty()) return path;
    for (std::string_view name : {"XrdSecSSSKT", "XrdSecsssKT"})
      if (std::string path = value_of(server_.variable, name); !path.empty()) return path;
    const std::string home = value_of(server_.variable, "HOME");
    if (std::string path = home + "/.xrd/sss.keytab"; !home.empty() && exists(path)) return path;
    const std::string offered(offer.keytab);
    return offered.starts_with('/') && exists(offered) ? offered : std::string();
  }

  static bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

  // Who the client is follows from the key; one that stands for anybody makes of a client like this, which names no user,
  // the same "nobody" that stock clients are.
  Result<std::vector<std::byte>> credential(const Key& key, std::int64_t now,
                                            bool with_name) const {
    const bool has_address = !server_.local.address().is_unspecified();
    const std::string address = has_address ? address_item(server_.local) : std::string();
    const std::string host = host_name();
    const std::string endorsements = value_of(server_.variable, "XrdSecsssENDORSEMENT");
    std::vector<Item> items;
    if (!address.empty()) items.push_back({ItemType::host, address});
    if (!host.empty()) items.push_back({ItemType::host, host});
    items.push_back({ItemType::name, "nobody"});
    items.push_back({ItemType::groups, "nogroup"});
    if (!endorsements.empty()) items.push_back({ItemType::endorsements, endorsements});
    // Servers of version 1 want a credential of some size.
    std::array<std::byte, 32> random{};
    fill_random(random);
    const std::string filler = to_hex(random);
    items.push_back({ItemType::filler, filler});
    return seal(key, items, {now, with_name, Option::use_items});
  }

  Server server_;
};

}  // namespace
}  // namespace sss

std::unique_ptr<ClientConversation> begin_sss(const Server& server) {
  return std::make_unique<sss::SssClient>(server);
}

}  // namespace sluice::auth
