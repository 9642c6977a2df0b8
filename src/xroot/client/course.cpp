// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/course.h"

#include "xroot/opaque.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

// The words of triedrc. Doors leave out servers with the first two and ignore the others.
std::string_view reason_of(Errc code) {
  switch (code) {
    case Errc::not_found:
      return "enoent";
    case Errc::io:
    case Errc::connection:
    case Errc::timed_out:
    case Errc::protocol:
      return "ioerr";
    case Errc::file_system:
      return "fserr";
    case Errc::server:
      return "srverr";
    default:
      return "resel";
  }
}

// Who has failed an operation twice gets it no third time.
constexpr int max_failures_of_one_host = 2;

}  // namespace

bool is_worth_another_server(Errc code) {
  switch (code) {
    case Errc::file_system:
    case Errc::io:
    case Errc::no_memory:
    case Errc::not_found:
    case Errc::server:
    case Errc::overloaded:
      return true;
    default:
      return is_loss(code);
  }
}

bool is_loss(Errc code) {
  return code == Errc::connection || code == Errc::timed_out || code == Errc::protocol;
}

Status Course::follow(const RedirectAnswer& redirect, bool from_manager,
                      const RedirectPolicy& policy, int limit) {
  if (!policy.follow) return fail(Errc::redirect_loop, "redirects are switched off");
  if (++redirects_ > limit) {
    return fail(Errc::redirect_loop, "more than " + std::to_string(limit) +
                                         " redirects, the last by " + here_.host_port());
  }
  Url next = here_;
  if (redirect.is_url) {
    auto target = Url::parse(redirect.target);
    if (!target) return fail(Errc::protocol, here_.host_port() + " redirects to an impossible URL");
    if (target->is_local()) {
      return fail(Errc::not_authorized, here_.host_port() + " redirects to a local file");
    }
    next.host = target->host;
    next.port = target->port;
    if (!target->user.empty()) next.user = target->user;
    if (!target->path.empty()) next.path = target->path;
    bool may_clear = policy.from_tls_to_clear && !target->wants_tls();
    next.scheme =
        (here_.wants_tls() && !may_clear) || target->wants_tls() ? Scheme::roots : Scheme::root;
  } else {
    auto target = HostPort::parse(redirect.target);
    if (!target)
      return fail(Errc::protocol, here_.host_port() + " redirects to an impossible host");
    next.host = target->host;
    next.port = redirect.port;
  }
  if (policy.allows && !policy.allows(next.host, next.port)) {
    return fail(Errc::not_authorized, "a redirect to " + next.host_port() + " is not allowed");
  }
  next.cgi = Opaque(here_.cgi).merged(Opaque(redirect.cgi));
  if (next.cgi.size() > max_opaque)
    return fail(Errc::protocol, "redirects add too much opaque text");
  login_token_ = redirect.login_token;
  if (from_manager) door_ = here_;
  here_ = std::move(next);
  return {};
}

bool Course::back_to_door(const Error& error) {
  if (!door_ || !is_worth_another_server(error.code)) return false;
  if (door_->host == here_.host && door_->port == here_.port) return false;
  auto same = std::ranges::count(tried_, here_.host, &Tried::host);
  if (same >= max_failures_of_one_host) return false;
  last_failure_ = error;
  tried_.push_back({here_.host, reason_of(error.code)});
  here_ = *door_;
  door_.reset();
  login_token_.clear();
  put_tried();
  return true;
}

void Course::add_tried(std::string host, const Error& error) {
  last_failure_ = error;
  tried_.push_back({std::move(host), reason_of(error.code)});
  put_tried();
}

void Course::put_tried() {
  std::string hosts, reasons;
  for (const Tried& one : tried_) {
    if (!hosts.empty()) hosts += ',', reasons += ',';
    hosts += one.host;
    reasons += one.reason;
  }
  here_.cgi = Opaque(here_.cgi).merged(Opaque("tried=" + hosts + "&triedrc=" + reasons));
}

Error Course::explain(Error error) const {
  if (last_failure_ && error.code == Errc::no_replicas) {
    error.detail += "; the last server said: " + last_failure_->message();
  }
  return error;
}

}  // namespace sluice::xroot::client
