// SPDX-License-Identifier: Apache-2.0
// Patterns in which * stands for any characters, and the forms in which DNs and FQANs are compared.
#pragma once

#include <string>
#include <string_view>

namespace sluice::auth {

// Takes at most the product of both lengths.
bool matches_pattern(std::string_view text, std::string_view pattern);

// /Email= and /E= become /emailAddress=, /USERID= becomes /UID=: tools have disagreed on these names for decades.
std::string canonical_dn(std::string_view dn);

// Without /Role=NULL and /Capability=NULL.
std::string canonical_fqan(std::string_view fqan);

}  // namespace sluice::auth
