// SPDX-License-Identifier: Apache-2.0
// The method sss, simple shared secret: whoever can seal a credential with a key of the server's keytab is the user that the
// key stands for. The sides of server and client; credential.h has the bytes.
#pragma once

#include "auth/method.h"
#include "auth/sss/config.h"

#include <functional>
#include <memory>

namespace sluice::auth {

// Seconds since 1970, as credentials carry them.
using UnixClock = std::function<std::int64_t()>;
std::int64_t unix_now();

// Errc of the file where the keytab cannot be used.
Result<std::unique_ptr<Method>> make_sss(const SssConfig& config, UnixClock clock = &unix_now);

std::unique_ptr<ClientConversation> begin_sss(const Server& server);

}  // namespace sluice::auth
