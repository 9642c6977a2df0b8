// SPDX-License-Identifier: Apache-2.0
// All settings of this module, side by side.
#pragma once

#include "auth/access/config.h"
#include "auth/config.h"
#include "auth/gsi/config.h"
#include "auth/krb5/config.h"
#include "auth/mapping/config.h"
#include "auth/sss/config.h"
#include "auth/token/config.h"
#include "auth/ztn/config.h"

namespace sluice::auth {

struct Settings {
  AuthConfig auth;
  AccessConfig access;
  TokenConfig token;
  ZtnConfig ztn;
  GsiConfig gsi;
  SssConfig sss;
  Krb5Config krb5;
  MappingConfig mapping;
};

}  // namespace sluice::auth
