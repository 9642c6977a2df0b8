// SPDX-License-Identifier: Apache-2.0
// Small documents from the web servers of issuers and from files: https, or http on this machine's loopback.
#pragma once

#include "base/result.h"
#include "base/units.h"

#include <string>

namespace sluice::auth::jwt {

struct FetchRules {
  std::string ca_file;  // with ca_directory empty: the system's certificates
  std::string ca_directory;
  Duration timeout{10'000};  // for all of it
};

inline constexpr std::size_t max_document = 1 << 20;  // bytes

// Is it a URL that may be fetched? https, or http with a host that is this machine; nobody's name or password in it.
Status check_url(const std::string& url);
bool is_on_loopback(const std::string& url);

// The body of a 200 answer. Blocks for rules.timeout at most. Redirects are followed three times, from https to https only.
Result<std::string> fetch_url(const std::string& url, const FetchRules& rules);

Result<std::string> read_document(const std::string& path);

}  // namespace sluice::auth::jwt
