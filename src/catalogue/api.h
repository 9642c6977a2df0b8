// SPDX-License-Identifier: Apache-2.0
// Everything of the catalogue that doors, pools and the command line see.
#pragma once

#include "catalogue/acl.h"
#include "catalogue/attributes.h"
#include "catalogue/catalogue.h"
#include "catalogue/config.h"
#include "catalogue/copies.h"
#include "catalogue/namespace.h"
#include "catalogue/pools.h"
#include "catalogue/quotas.h"
#include "catalogue/replicas.h"
#include "catalogue/signing_keys.h"
#include "catalogue/trash.h"
#include "catalogue/types.h"
#include "catalogue/uploads.h"
#include "catalogue/walk.h"
