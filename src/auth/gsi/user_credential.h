// SPDX-License-Identifier: Apache-2.0
// Where a user's proxy or certificate is, by the customs of grids and of xrootd's clients.
#pragma once

#include "auth/gsi/certificate.h"
#include "auth/method.h"

namespace sluice::auth::gsi {

// The proxy of the URL (xrd.gsiusrpxy), X509_USER_PROXY, XrdSecGSIUSERPROXY, /tmp/x509up_u<uid>; where the server takes a
// certificate without proxy: that of the URL (xrd.gsiusrcrt, xrd.gsiusrkey), X509_USER_CERT and _KEY, ~/.globus, if its key has no
// password. Errc::authentication says where a proxy was looked for and how to make one.
Result<Credential> find_user_credential(const Server& server, bool takes_certificate);

}  // namespace sluice::auth::gsi
