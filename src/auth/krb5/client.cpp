// SPDX-License-Identifier: Apache-2.0
// The client's side of krb5. Asks the KDC for a ticket unless the cache has it: begin() and answer() may wait for the network.
#include "auth/krb5/handles.h"
#include "auth/krb5/krb5.h"
#include "base/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

namespace sluice::auth {
namespace krb5 {
namespace {

class Krb5Client final : public ClientConversation {
 public:
  explicit Krb5Client(Server server) : server_(std::move(server)) {
    std::string_view parameters = server_.parameters;
    parameters = parameters.substr(0, parameters.find(','));  // ",fwd"
    service_ = std::string(trim(parameters));
  }

  Result<std::vector<std::byte>> begin() override {
    if (service_.empty() || service_.find('\0') != std::string::npos)
      return fail(Errc::authentication, "krb5: the server does not say which service it is");
    SLUICE_TRY(Session session, open_session());
    const Context& context = session.context;
    krb5_creds wanted{};  // refers to the principals, which own themselves
    wanted.client = session.client.get();
    wanted.server = session.service.get();
    Credentials ticket(context);
    auto code = krb5_get_credentials(context.get(), 0, session.cache.get(), &wanted, ticket.out());
    if (code != 0)
      return failure(context, code, fmt::format("no ticket for {} (kinit?)", service_));
    code = krb5_auth_con_init(context.get(), session.auth.out());
    if (code != 0) return failure(context, code, "no memory");
    Data request(context);
    code = krb5_mk_req_extended(context.get(), session.auth.out(), 0, nullptr, ticket.get(),
                                request.out());
    if (code != 0) return failure(context, code, "no credential");
    auto out = with_prefix(request.bytes());
    session_.emplace(std::move(session));
    return out;
  }

  // The server wants our own ticket, with which it can act as us anywhere.
  Result<std::vector<std::byte>> answer(ByteView challenge) override {
    if (!session_ || as_text(challenge).substr(0, 6) != "fwdtgt")
      return fail(Errc::authentication, "krb5: the server asks for what is unknown");
    const Session session = *std::exchange(session_, std::nullopt);
    const Context& context = session.context;
    // The server chose the service's name: a ticket goes only where the user wanted to go.
    if (!is_on_dialled_host(session.service)) {
      return fail(Errc::authentication,
                  fmt::format("krb5: {} wants a forwarded ticket for {}, which is elsewhere",
                              server_.host, service_));
    }
    krb5_auth_con_setflags(context.get(), session.auth.get(), KRB5_AUTH_CONTEXT_RET_TIME);
    Data message(context);
    const auto code =
        krb5_fwd_tgt_creds(context.get(), session.auth.get(), nullptr, session.client.get(),
                           session.service.get(), session.cache.get(), 1, message.out());
    if (code != 0) return failure(context, code, "no ticket to forward (kinit -f?)");
    return with_prefix(message.bytes());
  }

 private:
  struct Session {
    Context context;
    Cache cache;
    Principal client;
    Principal service;
    AuthContext auth;
  };

  Result<Session> open_session() const {
    SLUICE_TRY(const Context context, make_context());
    Session out{context, Cache(context), Principal(context), Principal(context),
                AuthContext(context)};
    const std::string name = cache_name();
    auto code = name.empty() ? krb5_cc_default(context.get(), out.cache.out())
                             : krb5_cc_resolve(context.get(), name.c_str(), out.cache.out());
    if (code == 0) code = krb5_cc_get_principal(context.get(), out.cache.get(), out.client.out());
    if (code != 0) return failure(context, code, "no tickets (kinit?)");
    code = krb5_parse_name(context.get(), service_.c_str(), out.service.out());
    if (code != 0) return failure(context, code, "the server's service is no principal");
    return out;
  }

  std::string cache_name() const {
    if (server_.option)
      if (std::string name = server_.option("xrd.k5ccname"); !name.empty()) return name;
    if (server_.variable)
      if (std::string name = server_.variable("KRB5CCNAME"); !name.empty()) return name;
    const std::string usual = fmt::format("/tmp/krb5cc_{}", ::geteuid());
    return ::access(usual.c_str(), R_OK) == 0 ? usual : std::string();
  }

  bool is_on_dialled_host(const Principal& service) const {
    if (service->length != 2) return false;
    const krb5_data& host = service->data[1];
    return equal_ignoring_case({host.data, host.length}, server_.host);
  }

  Server server_;
  std::string service_;
  std::optional<Session> session_;
};

}  // namespace
}  // namespace krb5

std::unique_ptr<ClientConversation> begin_krb5(const Server& server) {
  return std::make_unique<krb5::Krb5Client>(server);
}

}  // namespace sluice::auth
