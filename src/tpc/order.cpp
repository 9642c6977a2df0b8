// SPDX-License-Identifier: Apache-2.0
#include "tpc/order.h"

#include "auth/token/bearer.h"
#include "base/checksum.h"
#include "base/endpoint.h"
#include "base/text.h"
#include "net/host_addresses.h"
#include "xroot/opaque.h"
#include "xroot/path.h"
#include "xroot/protocol.h"
#include "xroot/server/session.h"

#include <algorithm>
#include <cctype>

namespace sluice::tpc {
namespace {

constexpr std::size_t max_source = 255;
constexpr char pair_separator = '\t';  // of tpc.scgi

tl::unexpected<Error> bad(std::string_view word, std::string_view why) {
  return fail(Errc::invalid_argument, fmt::format("third-party copy: {}: {}", word, why));
}

// "[user@]host[:port]" of tpc.src.
Result<Endpoint> source_of(const xroot::Opaque& opaque) {
  std::string_view text = opaque.get("tpc.src").value_or("");
  text = text.substr(text.find('@') + 1);  // npos + 1 is the beginning
  if (text.empty() || text.size() > max_source) return bad("tpc.src", "no HOST:PORT");
  auto endpoint = parse_endpoint(text, xroot::default_port);
  const bool is_host =
      endpoint && !endpoint->host.empty() &&
      std::ranges::all_of(endpoint->host, [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view(".-_:").find(static_cast<char>(c)) != std::string_view::npos;
      });
  if (!is_host || endpoint->port == 0) return bad("tpc.src", "no HOST:PORT");
  return std::move(*endpoint);
}

Result<std::string> path_of(const xroot::Opaque& opaque) {
  const std::string_view text = opaque.get("tpc.lfn").value_or("");
  auto parsed = xroot::parse_path(text);
  if (!parsed) return bad("tpc.lfn", parsed.error().detail);
  return std::move(parsed->path);
}

// Words that are between clients and their own servers.
bool is_for_others(std::string_view key) {
  constexpr std::array prefixes = {"tpc.", "xrd.", "xrdcl.", "oss.", "sluice."};
  return std::ranges::any_of(prefixes, [key](auto prefix) { return key.starts_with(prefix); });
}

std::string cgi_of_source(std::string_view scgi) {
  std::string out;
  for (std::string_view pair : split(scgi, pair_separator)) {
    const std::string_view key = pair.substr(0, pair.find('='));
    if (!key.empty() && !is_for_others(key)) xroot::Opaque::append(out, pair);
  }
  return out;
}

bool asks_for_tls(const xroot::Opaque& opaque) {
  const std::string_view protocol = opaque.get("tpc.spr").value_or("");
  return protocol == "roots" || protocol == "xroots" || opaque.get("tls.tpc") == "1";
}

Result<std::optional<Order::Checksum>> checksum_of(const xroot::Opaque& opaque) {
  const std::string_view text = opaque.get("tpc.cks").value_or("");
  if (text.empty()) return std::optional<Order::Checksum>();
  const std::size_t colon = std::min(text.find(':'), text.size());
  auto row = find_checksum(text.substr(0, colon));
  if (!row) return bad("tpc.cks", row.error().detail);
  return std::optional(Order::Checksum{std::string((*row)->name),
                                       std::string(text.substr(std::min(colon + 1, text.size())))});
}

// XRootD's sources compare it with what they call the orchestrator themselves: by name, where its address has one.
std::string origin_of(const xroot::server::Caller& orchestrator) {
  auto peer = parse_endpoint(orchestrator.peer);
  boost::system::error_code error;
  const std::string host =
      peer ? net::name_of(asio::ip::make_address(peer->host, error)) : std::string("unknown");
  return fmt::format("{}.{}@{}", orchestrator.user, orchestrator.pid, host);
}

}  // namespace

Result<Order> order_of(std::string_view wire, const xroot::server::Caller& orchestrator,
                       bool needs_tls) {
  const xroot::Opaque opaque(wire.substr(std::min(wire.find('?'), wire.size())));
  Order order;
  SLUICE_TRY(const Endpoint source, source_of(opaque));
  SLUICE_TRY(const std::string path, path_of(opaque));
  SLUICE_TRY(order.checksum, checksum_of(opaque));
  order.source = to_text(source);
  order.user = orchestrator.user;
  std::string cgi = cgi_of_source(opaque.get("tpc.scgi").value_or(""));
  if (auto token = auth::bearer_of(xroot::Opaque(cgi).get("authz").value_or("")))
    order.token = *token;
  const std::string_view key = opaque.get("tpc.key").value_or("");
  if (key.empty() && order.token.empty()) return bad("tpc.key", "missing");
  if (!key.empty()) {
    xroot::Opaque::append(cgi, "tpc.key", key);
    xroot::Opaque::append(cgi, "tpc.org", origin_of(orchestrator));
    xroot::Opaque::append(cgi, "tpc.stage", "copy");
  }
  // Nobody reads the token on the way.
  const bool encrypts = needs_tls || asks_for_tls(opaque) || !order.token.empty();
  order.url = fmt::format("{}://{}/{}?{}", encrypts ? "roots" : "root", order.source, path, cgi);
  return order;
}

}  // namespace sluice::tpc
