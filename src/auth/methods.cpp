// SPDX-License-Identifier: Apache-2.0
#include "auth/methods.h"

#include "auth/gsi/gsi.h"
#include "auth/host/host.h"
#include "auth/krb5/krb5.h"
#include "auth/none/none.h"
#include "auth/sss/sss.h"
#include "auth/unix/unix.h"
#include "auth/ztn/ztn.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

Result<std::unique_ptr<Method>> ztn_from(const MethodParts& parts) {
  if (parts.settings->token.issuers.empty())
    return fail(Errc::invalid_argument, "ztn needs auth.token.issuers");
  return make_ztn(parts.settings->ztn, parts.tokens);
}

Result<std::unique_ptr<Method>> gsi_from(const MethodParts& parts) {
  return make_gsi(parts.settings->gsi);
}

Result<std::unique_ptr<Method>> sss_from(const MethodParts& parts) {
  return make_sss(parts.settings->sss);
}

Result<std::unique_ptr<Method>> krb5_from(const MethodParts& parts) {
  return make_krb5(parts.settings->krb5);
}

Result<std::unique_ptr<Method>> none_from(const MethodParts&) { return make_none(); }

Result<std::unique_ptr<Method>> host_from(const MethodParts&) { return make_host(); }

Result<std::unique_ptr<Method>> unix_from(const MethodParts& parts) {
  std::vector<net::Network> trusted;
  for (const std::string& text : parts.settings->auth.trusted_hosts) {
    auto network = net::Network::parse(text);
    if (!network)
      return fail(Errc::invalid_argument, "auth.trusted_hosts: " + network.error().detail);
    trusted.push_back(*network);
  }
  return make_unix(std::move(trusted));
}

constexpr std::array server_rows{
    ServerRow{"ztn", &ztn_from},   ServerRow{"gsi", &gsi_from},   ServerRow{"sss", &sss_from},
    ServerRow{"krb5", &krb5_from}, ServerRow{"unix", &unix_from}, ServerRow{"host", &host_from},
    ServerRow{"none", &none_from},
};

constexpr std::array client_rows{
    ClientRow{"ztn", &begin_ztn},
    ClientRow{"gsi", [](const Server& server) { return begin_gsi(server); }},
    ClientRow{"sss", &begin_sss},
    ClientRow{"krb5", &begin_krb5},
    ClientRow{"unix", &begin_unix},
    ClientRow{"host", &begin_host},
};

tl::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ServerRow& row : server_rows) names.push_back(row.name);
  auto near = nearest(name, names);
  return fail(Errc::invalid_argument,
              fmt::format("auth.methods: there is no method \"{}\"{}", name,
                          near ? fmt::format(", did you mean \"{}\"?", *near) : std::string()));
}

}  // namespace

std::span<const ServerRow> server_methods() { return server_rows; }
std::span<const ClientRow> client_methods() { return client_rows; }

Result<Chain> make_chain(const MethodParts& parts) {
  std::vector<std::unique_ptr<Method>> methods;
  for (const std::string& name : parts.settings->auth.methods) {
    auto row = std::ranges::find(server_rows, name, &ServerRow::name);
    if (row == server_rows.end()) return unknown(name);
    auto made = row->make(parts);
    if (!made) {
      return fail(made.error().code,
                  fmt::format("auth.methods: {}: {}", name, made.error().detail));
    }
    auto method = *std::move(made);
    const bool is_twice = std::ranges::any_of(
        methods, [&](const auto& other) { return other->name() == method->name(); });
    if (is_twice) {
      return fail(Errc::invalid_argument,
                  fmt::format("auth.methods: clients see two methods as \"{}\"", method->name()));
    }
    methods.push_back(std::move(method));
  }
  return Chain(std::move(methods));
}

}  // namespace sluice::auth
