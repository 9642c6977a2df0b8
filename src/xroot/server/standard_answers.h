// SPDX-License-Identifier: Apache-2.0
// Answers that every role gives alike: its configuration and its statistics.
#pragma once

#include "base/endpoint.h"
#include "xroot/opaque.h"
#include "xroot/requests/lines.h"
#include "xroot/server/service.h"
#include "xroot/stat_text.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::xroot::server {

struct ConfigEntry {
  std::string_view key;
  std::string_view value;
};

// kXR_query config: a line per key of `keys`, from `own` or from what all roles answer. Keys that nobody knows answer with
// their own name, which every client takes for "no".
std::string config_answer(const Service& service, std::span<const ConfigEntry> own,
                          std::string_view keys);

// kXR_query stats, an XML document.
std::string statistics_answer(const Service& service);

// The checksum type that the CGI of a path asks for (cks.type), or the default; Errc::unsupported when we do not have it.
Result<std::string> checksum_type_of(const Opaque& opaque);

// "adler32 0a1b2c3d".
Reply checksum_reply(std::string_view type, std::string_view value);

// kXR_query xattr: "oss.cgroup=public&oss.type=f&...".
Reply xattr_reply(const FileStat& stat);

// kXR_query prepare: the state of a request to stage: its id and then the paths that are asked about. The answer is the JSON
// that tape servers give and gfal reads. Everything that `exists` is online.
std::string prepare_status(Lines lines, const std::function<Status(std::string_view path)>& exists);

// kXR_redirect to another server: `cgi` for the request there, `login_token` for the login.
Reply redirect(const Endpoint& target, std::string_view cgi = {},
               std::string_view login_token = {});

}  // namespace sluice::xroot::server
