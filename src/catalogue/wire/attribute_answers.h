// SPDX-License-Identifier: Apache-2.0
// kXR_fattr on an entry of the catalogue: by path at a door, by handle at a pool.
#pragma once

#include "catalogue/attributes.h"
#include "xroot/requests/fattr.h"
#include "xroot/server/handler.h"

namespace sluice::catalogue {

// The rights were checked. Each attribute has a result of its own: one that fails does not stop the others. Blocks.
Result<xroot::server::Reply> answer_fattr(Attributes& attributes, FileId entry,
                                          const xroot::Fattr& request);

bool changes_attributes(const xroot::Fattr& request);

}  // namespace sluice::catalogue
