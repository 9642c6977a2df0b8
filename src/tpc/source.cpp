// SPDX-License-Identifier: Apache-2.0
#include "tpc/source.h"

#include "base/endpoint.h"
#include "base/log.h"
#include "net/host_addresses.h"
#include "xroot/path.h"
#include "xroot/server/session.h"

#include <boost/asio/steady_timer.hpp>

namespace sluice::tpc {
namespace {

const Logger log("tpc");

constexpr std::string_view counted = "sluice_tpc_rendezvous_total";
constexpr std::string_view help = "Third-party copies from this server: announced, met, refused.";

// The address in a peer's "ADDRESS:PORT".
asio::ip::address address_in(std::string_view peer) {
  auto endpoint = parse_endpoint(peer);
  boost::system::error_code none;
  return endpoint ? asio::ip::make_address(endpoint->host, none) : asio::ip::address();
}

// Of USER.PID@HOST. Some servers put a number of theirs behind the process: USER.PID:NUMBER@HOST.
struct Origin {
  std::string_view process;
  std::string_view host;
};

Origin origin_of(std::string_view text) {
  const std::size_t at = std::min(text.rfind('@'), text.size());
  return {text.substr(0, std::min(text.find(':'), at)), text.substr(std::min(at + 1, text.size()))};
}

}  // namespace

Source::Source(TpcConfig config, Metrics& metrics)
    : config_(config),
      announced_(metrics.counter(counted, help, {{"result", "announced"}})),
      met_(metrics.counter(counted, help, {{"result", "met"}})),
      refused_(metrics.counter(counted, help, {{"result", "refused"}})) {}

Result<std::unique_ptr<Rendezvous::Ticket>> Source::announce(const xroot::server::Caller& caller,
                                                             const Request& request,
                                                             const xroot::server::Asked& asked,
                                                             std::string_view wire) {
  SLUICE_TRY(auto written, xroot::parse_path(wire));
  Announcement announcement{std::string(request.key),
                            std::move(written.path),
                            asked.path,
                            std::string(request.destination),
                            fmt::format("{}.{}", caller.user, caller.pid),
                            caller.peer,
                            asked.who};
  std::chrono::milliseconds lifetime = config_.rendezvous_lifetime;
  if (request.lifetime) lifetime = std::min<std::chrono::milliseconds>(lifetime, *request.lifetime);
  SLUICE_TRY(auto ticket, rendezvous_->announce(std::move(announcement), lifetime));
  announced_.add();
  return ticket;
}

Status Source::check_hosts(const xroot::server::Caller& caller, const Request& request,
                           const Announcement& announcement) const {
  if (config_.check_destination &&
      !net::is_address_of(announcement.destination, address_in(caller.peer))) {
    return fail(Errc::not_authorized, fmt::format("third-party copy: {} is not the destination {}",
                                                  caller.peer, announcement.destination));
  }
  const std::string_view seen_at = origin_of(request.origin).host;
  if (config_.strict_origin && !net::is_address_of(seen_at, address_in(announcement.origin_peer))) {
    return fail(Errc::not_authorized,
                fmt::format("third-party copy: it was announced by {}, not {}",
                            announcement.origin_peer, seen_at));
  }
  return {};
}

Result<std::optional<Announcement>> Source::admit(const xroot::server::Caller& caller,
                                                  const Request& request, std::string_view name) {
  SLUICE_TRY(auto found, rendezvous_->find(request.key, name, origin_of(request.origin).process));
  if (!found) return found;
  if (Status good = check_hosts(caller, request, *found); !good) {
    rendezvous_->withdraw(request.key);
    return tl::unexpected<Error>(good.error());
  }
  rendezvous_->meet(request.key);
  return found;
}

Task<xroot::server::Asked> Source::fetch(const xroot::server::Caller* caller,
                                         const Request* request, std::string_view wire,
                                         BlockingPool* blocking) {
  constexpr std::chrono::milliseconds pause(100);
  SLUICE_CO_TRY(auto written, xroot::parse_path(wire));
  const auto give_up_at = Rendezvous::Clock::now() + config_.rendezvous_wait;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    auto admitted =
        co_await offload(*blocking, [&] { return admit(*caller, *request, written.path); });
    const bool is_over = admitted && !*admitted && Rendezvous::Clock::now() >= give_up_at;
    if (is_over) admitted = fail(Errc::not_authorized, "third-party copy: nobody announced it");
    if (!admitted) {
      refused_.add();
      log.warn("refused", {{"peer", caller->peer},
                           {"path", written.path},
                           {"origin", request->origin},
                           {"why", admitted.error().message()}});
      co_return tl::unexpected<Error>(std::move(admitted).error());
    }
    if (Announcement* found = admitted->has_value() ? &**admitted : nullptr) {
      met_.add();
      log.info("met", {{"peer", caller->peer},
                       {"path", found->path},
                       {"origin", request->origin},
                       {"principal", found->who->name}});
      co_return xroot::server::Asked{std::move(found->path), xroot::Opaque(written.opaque),
                                     std::move(found->who)};
    }
    timer.expires_after(pause);
    if (auto [error] = co_await timer.async_wait(as_value); error)
      co_return fail(Errc::cancelled, "the client is gone");
  }
}

}  // namespace sluice::tpc
