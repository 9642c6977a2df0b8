// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/authorization.h"

#include "base/log.h"
#include "xroot/path.h"
#include "xroot/server/session.h"

namespace sluice::xroot::server {
namespace {

const Logger audit("audit");  // every decision that denied something

constexpr std::string_view bearer_key = "authz";

using Admitted = Result<std::shared_ptr<const auth::Admission>>;

enum class Strict : bool { never, as_set };

// Null: the token has to be looked at first, which may block.
Admitted admission_at_once(const Service& service, const Caller& caller, const Opaque& opaque,
                           Strict strict = Strict::as_set) {
  const auth::Gatekeeper& gatekeeper = *service.gatekeeper;
  const auto bearer = opaque.get(bearer_key);
  if (bearer && !bearer->empty() && gatekeeper.takes_tokens()) {
    if (caller.encrypted) return gatekeeper.known_bearer(*bearer);
    return fail(Errc::tls_required,
                "a token on a connection that anybody can read; use roots:// and get a new one");
  }
  if (strict == Strict::as_set && gatekeeper.is_strict())
    return fail(Errc::not_authorized, "each request needs a token of its own here (authz=)");
  return caller.admission;
}

Admitted admission_of(const Service& service, const Caller& caller, const Opaque& opaque,
                      Strict strict) {
  auto admission = admission_at_once(service, caller, opaque, strict);
  if (!admission || *admission) return admission;
  return service.gatekeeper->admit_bearer(*opaque.get(bearer_key));
}

Asked asked_as(std::shared_ptr<const auth::Admission> admission, LogicalPath parsed) {
  const auth::Principal& who = admission->principal;
  Asked out{std::move(parsed.path), Opaque(parsed.opaque),
            std::shared_ptr<const auth::Principal>(std::move(admission), &who)};
  if (who.root != "/") out.path = out.path == "/" ? who.root : who.root + out.path;
  return out;
}

Result<Asked> asked(const Service& service, const Caller& caller, std::string_view wire,
                    Strict strict) {
  SLUICE_TRY(auto parsed, parse_path(wire));
  auto admission = admission_of(service, caller, Opaque(parsed.opaque), strict);
  if (admission) return asked_as(*std::move(admission), std::move(parsed));
  audit.info("denied", {{"peer", caller.peer},
                        {"session", short_id(caller.id)},
                        {"path", parsed.path},
                        {"why", admission.error().message()}});
  return tl::unexpected<Error>(std::move(admission).error());
}

}  // namespace

Result<Asked> asked(const Service& service, const Caller& caller, std::string_view wire) {
  return asked(service, caller, wire, Strict::as_set);
}

std::optional<Asked> asked_at_once(const Service& service, const Caller& caller,
                                   std::string_view wire) {
  auto parsed = parse_path(wire);
  if (!parsed) return {};
  auto admission = admission_at_once(service, caller, Opaque(parsed->opaque));
  if (!admission || !*admission) return {};
  return asked_as(*std::move(admission), *std::move(parsed));
}

bool is_asked_at_once(const Service& service, std::string_view wire) {
  if (!service.gatekeeper->takes_tokens()) return true;
  const auto bearer = Opaque(wire.substr(std::min(wire.find('?'), wire.size()))).get(bearer_key);
  return !bearer || bearer->empty() || service.gatekeeper->known_bearer(*bearer) != nullptr;
}

Status audited(const Caller& caller, const Asked& asked, auth::Activity activity, Status decision) {
  if (decision) return decision;
  const auth::Identity& identity = caller.admission->identity;
  audit.info("denied", {{"peer", caller.peer},
                        {"session", short_id(caller.id)},
                        {"method", identity.method},
                        {"name", identity.name},
                        {"principal", asked.who->name},
                        {"activity", auth::name_of(activity)},
                        {"path", asked.path},
                        {"why", decision.error().message()}});
  return decision;
}

Status check_access(const Service& service, const Caller& caller, const Asked& asked,
                    auth::Activity activity) {
  return audited(caller, asked, activity,
                 service.gatekeeper->access().check(*asked.who, activity, asked.path));
}

Result<Asked> allowed(const Service& service, const Caller& caller, std::string_view wire,
                      auth::Activity activity) {
  SLUICE_TRY(Asked out, asked(service, caller, wire));
  SLUICE_CHECK(check_access(service, caller, out, activity));
  return out;
}

Result<Asked> allowed_by_login(const Service& service, const Caller& caller, std::string_view wire,
                               auth::Activity activity) {
  SLUICE_TRY(Asked out, asked(service, caller, wire, Strict::never));
  SLUICE_CHECK(check_access(service, caller, out, activity));
  return out;
}

}  // namespace sluice::xroot::server
