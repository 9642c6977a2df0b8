// SPDX-License-Identifier: Apache-2.0
// Who a request on a path is from, and whether it may be made there at all: decided before anything is looked up. What a
// namespace says comes afterwards, and is the role's own.
#pragma once

#include "auth/activity.h"
#include "auth/principal.h"
#include "base/result.h"
#include "xroot/opaque.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::xroot::server {

class Service;
struct Caller;

// A path that somebody asks for.
struct Asked {
  std::string path;                            // in normal form, in the words of the server
  Opaque opaque;                               // views into the request
  std::shared_ptr<const auth::Principal> who;  // never null
};

// By the token in the CGI, else by what the login proved. Where a client has a root of its own, that is the root of all its
// paths. May block where the token is new.
Result<Asked> asked(const Service& service, const Caller& caller, std::string_view wire);
// The same without ever blocking, and without a line in the log: nothing where it would have to, or is refused.
std::optional<Asked> asked_at_once(const Service& service, const Caller& caller,
                                   std::string_view wire);
// Whether asked() can block.
bool is_asked_at_once(const Service& service, std::string_view wire);

// The decision, and a line in the log `audit` if it denies something.
Status check_access(const Service& service, const Caller& caller, const Asked& asked,
                    auth::Activity activity);
Status audited(const Caller& caller, const Asked& asked, auth::Activity activity, Status decision);

// Both: asked(), and check_access().
Result<Asked> allowed(const Service& service, const Caller& caller, std::string_view wire,
                      auth::Activity activity);
// The same of a request that needs no token of its own, whatever the settings say.
Result<Asked> allowed_by_login(const Service& service, const Caller& caller, std::string_view wire,
                               auth::Activity activity);

}  // namespace sluice::xroot::server
