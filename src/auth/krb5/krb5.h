// SPDX-License-Identifier: Apache-2.0
// The method krb5: the client shows a Kerberos ticket for this service, and forwards its own if it is asked to.
#pragma once

#include "auth/krb5/config.h"
#include "auth/method.h"

#include <memory>

namespace sluice::auth {

// Errc::invalid_argument where the principal or the keytab cannot be used.
Result<std::unique_ptr<Method>> make_krb5(const Krb5Config& config);

std::unique_ptr<ClientConversation> begin_krb5(const Server& server);

}  // namespace sluice::auth
