// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.h"

#include "base/text.h"

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

// The detail without what the line says already: the object in front and the general text of the
// code.
std::string_view new_in(std::string_view detail, std::string_view object, std::string_view text) {
  if (!object.empty() && detail.starts_with(object)) {
    detail.remove_prefix(object.size());
    while (detail.starts_with(':') || detail.starts_with(' ')) detail.remove_prefix(1);
  }
  return equal_ignoring_case(detail, text) ? std::string_view() : detail;
}

// These explain themselves; "Wrong usage" in front would be noise.
bool is_plain(Errc code) {
  return code == Errc::usage || code == Errc::local || code == Errc::cancelled;
}

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
    default:
      return "";
  }
}

std::string failure_line(std::string_view command, std::string_view object, const Error& error,
                         std::string_view advice) {
  std::string line = fmt::format("{}: ", command);
  if (!object.empty()) line += fmt::format("{}: ", object);
  std::string_view text = error_row(error.code).text;
  std::string_view detail = new_in(error.detail, object, text);
  if (is_plain(error.code) && !detail.empty()) {
    line += detail;
  } else {
    line += text;
    if (!detail.empty()) line += fmt::format(" ({})", detail);
  }
  if (advice.empty()) advice = remedy(error.code);
  if (!advice.empty()) {
    bool advised = error.detail.find("; ") != std::string::npos && is_plain(error.code);
    if (!advised) line += fmt::format("; {}", advice);
  }
  return one_line(line);
}

JsonObject failure_json(std::string_view command, std::string_view object, const Error& error,
                        std::string_view advice) {
  const ErrorRow& row = error_row(error.code);
  JsonObject json;
  json.add("error", row.name).add("exit", row.exit).add("command", command);
  if (!object.empty()) json.add("object", object);
  json.add("message", one_line(error.message()));
  if (advice.empty()) advice = remedy(error.code);
  if (!advice.empty()) json.add("remedy", advice);
  return json;
}

}  // namespace sluice::cli
