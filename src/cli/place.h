// SPDX-License-Identifier: Apache-2.0
// What a command line names: a local path, a file on an xroot server, or a standard stream ("-").
// Pure text; nothing here looks at a disk or a server. ?cgi of a URL may hold tokens: shown()
// leaves it out, and messages use nothing else.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

struct Place {
  enum class Kind : std::uint8_t { local, remote, stream };
  Kind kind = Kind::local;
  std::string server;  // "root://host:1094", of a remote place
  std::string path;    // absolute when remote
  std::string cgi;     // what follows "?"

  bool is_local() const { return kind == Kind::local; }
  bool is_remote() const { return kind == Kind::remote; }
  bool is_stream() const { return kind == Kind::stream; }

  std::string text() const;   // with ?cgi: what the client gets
  std::string shown() const;  // for people
  // "f" of "/d/f" and of "/d/f/"; empty for "/".
  std::string name() const;
  bool has_trailing_slash() const { return path.ends_with('/'); }

  // The place `relative` to this directory; ?cgi goes along, since it may hold what opens the door.
  Place child(std::string_view relative) const;
  Place parent() const;
};

// True for root://, roots://, xroot:// and xroots://.
bool is_url(std::string_view text);

// Errc::usage for a URL of another scheme or without a host.
Result<Place> parse_place(std::string_view text);
// The same where only a URL makes sense.
Result<Place> parse_url(std::string_view text);

}  // namespace sluice::cli
