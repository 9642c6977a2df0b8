// SPDX-License-Identifier: Apache-2.0
#include "auth/methods.h"

#include "auth/host/host.h"
#include "auth/none/none.h"
#include "auth/unix/unix.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace sluice::auth {
namespace {

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
    ServerRow{"unix", &unix_from},
    ServerRow{"host", &host_from},
    ServerRow{"none", &none_from},
};

constexpr std::array client_rows{
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
    SLUICE_TRY(auto method, row->make(parts));
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
