// SPDX-License-Identifier: Apache-2.0
// The server's side of krb5. libkrb5 checks the ticket, the clock, and in its replay cache that it was not shown before.
#include "auth/krb5/handles.h"
#include "auth/krb5/krb5.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::auth {
namespace krb5 {
namespace {

constexpr std::string_view forward_request{"fwdtgt\0", 7};
constexpr std::string_view host_word = "<host>";
constexpr std::string_view user_word = "<user>";

std::string replaced(std::string text, std::string_view word, std::string_view by) {
  if (const std::size_t at = text.find(word); at != std::string::npos)
    text.replace(at, word.size(), by);
  return text;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// One file name for each principal: what could lead to another folder, or look like another's, is written %2F.
std::string as_file_name(std::string_view principal) {
  std::string out;
  for (const char c : principal) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '@' || c == '_' ||
                          (c == '.' && !out.empty());
    if (is_plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<Keytab> open_keytab(const Context& context, const std::string& path) {
  Keytab out(context);
  const auto code = path.empty() ? krb5_kt_default(context.get(), out.out())
                                 : krb5_kt_resolve(context.get(), path.c_str(), out.out());
  if (code != 0) return failure(context, code, "auth.krb5.keytab", Errc::invalid_argument);
  return out;
}

// Whether the keytab has a key of the service; its full name.
Result<std::string> check_service(const Krb5Config& config) {
  SLUICE_TRY(const Context context, make_context());
  SLUICE_TRY(const Principal service,
             parse_principal(context, replaced(config.principal, host_word, host_name())));
  SLUICE_TRY(std::string name, text_of(context, service.get()));
  SLUICE_TRY(const Keytab keytab, open_keytab(context, config.keytab));
  krb5_keytab_entry entry{};
  const auto code = krb5_kt_get_entry(context.get(), keytab.get(), service.get(), 0, 0, &entry);
  if (code != 0) {
    return failure(context, code, fmt::format("auth.krb5.keytab has no key of {}", name),
                   Errc::invalid_argument);
  }
  krb5_free_keytab_entry_contents(context.get(), &entry);
  return name;
}

class Krb5Conversation final : public Conversation {
 public:
  Krb5Conversation(const Krb5Config& config, std::string service, const Peer& peer)
      : config_(&config), service_(std::move(service)), peer_(peer) {}

  Result<Verdict> answer(ByteView credential) override {
    SLUICE_TRY(const ByteView message, without_prefix(credential));
    if (session_) return take_forwarded(message);
    SLUICE_TRY(Session session, read_request(message));
    if (config_->forwarded_tickets.empty()) return Verdict(Proof{session.identity, nullptr});
    session_.emplace(std::move(session));
    const ByteView request = as_bytes(forward_request);
    return Verdict(Challenge{{request.begin(), request.end()}});
  }

 private:
  struct Session {
    Context context;
    AuthContext auth;
    Ticket ticket;
    Identity identity;
  };

  Result<Session> read_request(ByteView message) const {
    SLUICE_TRY(const Context context, make_context());
    SLUICE_TRY(const Principal service, parse_principal(context, service_));
    SLUICE_TRY(const Keytab keytab, open_keytab(context, config_->keytab));
    AuthContext auth(context);
    if (const auto code = krb5_auth_con_init(context.get(), auth.out()); code != 0)
      return failure(context, code, "no memory");
    if (config_->check_address) SLUICE_CHECK(expect_peer(context, auth));
    const krb5_data request = view_of(message);
    Ticket ticket(context);
    const auto code = krb5_rd_req(context.get(), auth.out(), &request, service.get(), keytab.get(),
                                  nullptr, ticket.out());
    if (code != 0) return failure(context, code, "the ticket is refused");
    SLUICE_TRY(Identity identity, identity_of(context, ticket->enc_part2->client));
    return Session{context, std::move(auth), std::move(ticket), std::move(identity)};
  }

  Status expect_peer(const Context& context, const AuthContext& auth) const {
    asio::ip::address peer = peer_.address;
    if (peer.is_v6() && peer.to_v6().is_v4_mapped())
      peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
    std::array<unsigned char, 16> octets{};
    krb5_address address{};
    address.contents = octets.data();
    if (peer.is_v4()) {
      std::ranges::copy(peer.to_v4().to_bytes(), octets.begin());
      address.addrtype = ADDRTYPE_INET;
      address.length = 4;
    } else {
      std::ranges::copy(peer.to_v6().to_bytes(), octets.begin());
      address.addrtype = ADDRTYPE_INET6;
      address.length = 16;
    }
    const auto code = krb5_auth_con_setaddrs(context.get(), auth.get(), nullptr, &address);
    if (code != 0) return failure(context, code, "the client's address");
    return {};
  }

  Result<Identity> identity_of(const Context& context, krb5_const_principal client) const {
    Identity out;
    out.method = "krb5";
    out.is_proven = true;
    SLUICE_TRY(out.name, text_of(context, client));
    if (!config_->local_names) return out;
    std::array<char, 256> local{};
    const auto code = krb5_aname_to_localname(context.get(), client,
                                              static_cast<int>(local.size() - 1), local.data());
    if (code == 0) out.name = local.data();
    return out;
  }

  Result<Verdict> take_forwarded(ByteView message) {
    const Session session = *std::exchange(session_, std::nullopt);
    const Context& context = session.context;
    // What was proven is this session's key; the message needs no replay cache of its own.
    krb5_auth_con_setflags(context.get(), session.auth.get(), 0);
    krb5_data data = view_of(message);
    CredentialList list(context);
    auto code = krb5_rd_cred(context.get(), session.auth.get(), &data, list.out(), nullptr);
    if (code != 0) return failure(context, code, "the forwarded ticket is refused");
    krb5_creds* forwarded = list.get() != nullptr ? *list.get() : nullptr;
    if (forwarded == nullptr || !krb5_principal_compare(context.get(), forwarded->client,
                                                        session.ticket->enc_part2->client)) {
      return fail(Errc::authentication, "krb5: the forwarded ticket is another's");
    }
    SLUICE_CHECK(store(context, *forwarded));
    return Verdict(Proof{session.identity, nullptr});
  }

  Status store(const Context& context, krb5_creds& forwarded) const {
    SLUICE_TRY(const std::string user, text_of(context, forwarded.client));
    const std::string path =
        "FILE:" + replaced(config_->forwarded_tickets, user_word, as_file_name(user));
    Cache cache(context);
    auto code = krb5_cc_resolve(context.get(), path.c_str(), cache.out());
    if (code == 0) code = krb5_cc_initialize(context.get(), cache.get(), forwarded.client);
    if (code == 0) code = krb5_cc_store_cred(context.get(), cache.get(), &forwarded);
    if (code != 0) return failure(context, code, "the forwarded ticket cannot be stored", Errc::io);
    return {};
  }

  const Krb5Config* config_;
  const std::string service_;
  const Peer peer_;
  std::optional<Session> session_;  // while a forwarded ticket is awaited
};

class Krb5 final : public Method {
 public:
  Krb5(Krb5Config config, std::string service)
      : config_(std::move(config)), service_(std::move(service)) {}

  std::string_view name() const override { return "krb5"; }
  std::string parameters() const override {
    return config_.forwarded_tickets.empty() ? service_ : service_ + ",fwd";
  }
  std::unique_ptr<Conversation> begin(const Peer& peer) const override {
    return std::make_unique<Krb5Conversation>(config_, service_, peer);
  }
  // libkrb5 opens the keytab for each login: this only says whether it still can.
  Status reload() override {
    SLUICE_CHECK(check_service(config_));
    return {};
  }

 private:
  const Krb5Config config_;
  const std::string service_;
};

}  // namespace
}  // namespace krb5

Result<std::unique_ptr<Method>> make_krb5(const Krb5Config& config) {
  const std::string& tickets = config.forwarded_tickets;
  if (!tickets.empty() &&
      (!tickets.starts_with('/') || tickets.find(krb5::user_word) == std::string::npos)) {
    return fail(Errc::invalid_argument,
                "auth.krb5.forwarded_tickets must be an absolute path with <user> in it");
  }
  SLUICE_TRY(std::string service, krb5::check_service(config));
  return std::make_unique<krb5::Krb5>(config, std::move(service));
}

}  // namespace sluice::auth
