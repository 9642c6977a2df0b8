// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.h"

#include <fmt/format.h>

namespace sluice::cli {
namespace {

// Text of a server may hold anything; a failure is one line.
std::string one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!control)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool has_remedy(const Error& error) { return error.detail.find("; ") != std::string::npos; }

}  // namespace

std::string_view remedy(Errc code) {
  switch (code) {
    case Errc::not_authorized:
      return "check the permissions of the path, or log in as a user who has them";
    case Errc::not_found:
      return "check the path with `sluice ls`";
    case Errc::exists:
      return "remove it, or give --force where the command has it";
    case Errc::is_directory:
      return "give -r to act on a directory and what is in it";
    case Errc::no_space:
      return "free some space or write elsewhere; `sluice df` tells what is left";
    case Errc::quota:
      return "remove files or ask for a larger quota";
    case Errc::locked:
    case Errc::in_progress:
      return "somebody is writing it: try again later";
    case Errc::read_only:
      return "write to another server or path";
    case Errc::no_attribute:
      return "`sluice xattr list` shows the attributes there are";
    case Errc::unsupported:
      return "this server cannot do it";
    case Errc::checksum:
      return "copy it again";
    case Errc::no_server:
    case Errc::connection:
      return "check host, port and network; `sluice ping` tests just that";
    case Errc::timed_out:
    case Errc::timer_expired:
    case Errc::overloaded:
      return "try again later, or give a longer --timeout";
    case Errc::tls_required:
      return "use roots:// instead of root://";
    case Errc::usage:
      return "--help shows the usage with examples";
    case Errc::cancelled:
      return "";
    default:
      return "";
  }
}

std::string failure_line(std::string_view command, std::string_view object, const Error& error) {
  std::string line = fmt::format("{}: ", command);
  if (!object.empty() && error.detail.find(object) == std::string::npos) {
    line += fmt::format("{}: ", object);
  }
  // A usage error explains itself; "Wrong usage" in front of it would be noise.
  line += error.code == Errc::usage || error.code == Errc::local ? error.detail : error.message();
  if (std::string_view advice = remedy(error.code); !advice.empty() && !has_remedy(error)) {
    line += fmt::format("; {}", advice);
  }
  return one_line(line);
}

JsonObject failure_json(std::string_view command, std::string_view object, const Error& error) {
  const ErrorRow& row = error_row(error.code);
  JsonObject json;
  json.add("error", row.name).add("exit", row.exit).add("command", command);
  if (!object.empty()) json.add("object", object);
  json.add("message", one_line(error.message()));
  if (!remedy(error.code).empty()) json.add("remedy", remedy(error.code));
  return json;
}

}  // namespace sluice::cli
