// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/access_note.h"

#include "xroot/opaque.h"
#include "xroot/responses.h"
#include "xroot/server/login.h"
#include "xroot/server/session.h"

#include <algorithm>
#include <array>

namespace sluice::xroot::server {
namespace {

constexpr std::size_t max_error = 256;  // bytes of an error's text

// A name that is not here could be a secret without a '='.
constexpr std::array known_keys = std::to_array<std::string_view>(
    {"authz",       "cks.type",      "oss.asize",      "oss.cgroup",    "oss.cksum",
     "sluice.cap",  redirected_by,   session_key,      "tpc.cks",       "tpc.delegate",
     "tpc.dlg",     "tpc.dlgon",     "tpc.dst",        "tpc.key",       "tpc.lfn",
     "tpc.org",     "tpc.scgi",      "tpc.spr",        "tpc.src",       "tpc.stage",
     "tpc.str",     "tpc.tpr",       "tpc.ttl",        "tried",         "triedrc",
     "xrd.appname", "xrd.gsiusrpxy", "xrd.logintoken", "xrdcl.requuid", "xrdcl.unzip"});

struct KeyList {
  std::string known;
  std::size_t others = 0;
};

KeyList keys_of(const Opaque& opaque) {
  KeyList list;
  for (const Opaque::Pair& pair : opaque) {
    if (std::ranges::find(known_keys, pair.key) == known_keys.end()) {
      ++list.others;
    } else if (list.known.size() < LogLine::max_text) {
      list.known.append(list.known.empty() ? "" : ",").append(pair.key);
    }
  }
  return list;
}

std::string_view name_of(QueryKind kind) {
  switch (kind) {
    case QueryKind::stats:
      return "stats";
    case QueryKind::prepare:
      return "prepare";
    case QueryKind::checksum:
      return "checksum";
    case QueryKind::xattr:
      return "xattr";
    case QueryKind::space:
      return "space";
    case QueryKind::checksum_cancel:
      return "checksum_cancel";
    case QueryKind::config:
      return "config";
    case QueryKind::visa:
      return "visa";
    case QueryKind::file_info:
      return "file_info";
    case QueryKind::file_system_info:
      return "file_system_info";
    case QueryKind::opaque:
      return "opaque";
    case QueryKind::opaque_file:
      return "opaque_file";
    case QueryKind::opaque_handle:
      return "opaque_handle";
  }
  return "unknown";
}

std::string_view name_of(FattrCode code) {
  constexpr std::array names = std::to_array<std::string_view>({"remove", "get", "list", "set"});
  return names[static_cast<std::size_t>(code)];
}

void add_range(AccessNote& note, std::uint64_t offset, std::uint64_t length) {
  note.add({"offset", offset});
  note.add({"length", length});
}

void add_items(AccessNote& note, const VectorItems& items) {
  note.add({"items", items.size()});
  note.add({"length", items.total_length()});
}

}  // namespace

std::string access_line_head(LogFormat format, std::string_view service, std::string_view peer,
                             const Caller* caller) {
  LogLine line(format);
  line.add_time({});
  const std::size_t begin = line.text().size();
  line.add({"service", service});
  if (caller != nullptr) line.add({"session", short_id(caller->id)});
  line.add({"client", peer});
  if (caller != nullptr) line.add({"user", caller->user});
  return std::string(line.text().substr(begin));
}

AccessNote::AccessNote(AccessLog& access, std::size_t loop, std::string_view head,
                       std::string_view request, Clock::time_point began)
    : access_(access), loop_(loop), began_(began), line_(access.format()) {
  line_.add_time(std::chrono::system_clock::now());
  line_.add_made(head);
  line_.add({"request", request});
}

void AccessNote::add_path(std::string_view wire) {
  const std::string_view path = without_cgi(wire);
  add({"path", path});
  if (path.size() == wire.size()) return;
  Opaque opaque(wire.substr(path.size()));
  KeyList keys = keys_of(opaque);
  if (!keys.known.empty()) add({"keys", keys.known});
  if (keys.others != 0) add({"other_keys", keys.others});
  if (auto session = opaque.get(session_key)) add({"door_session", session_label(*session)});
}

void AccessNote::answer(ResponseStatus status, ByteView body) {
  if (is_written_) return;
  count(body.size());
  switch (status) {
    case ResponseStatus::oksofar:
    case ResponseStatus::attn:
    case ResponseStatus::waitresp:
      return;
    case ResponseStatus::ok:
    case ResponseStatus::status:
      return finish("ok");
    case ResponseStatus::authmore:
      return finish("authmore");
    case ResponseStatus::error:
      describe_error(body);
      return finish("error");
    case ResponseStatus::redirect:
      describe_redirect(body);
      return finish("redirect");
    case ResponseStatus::wait:
      if (auto wait = WaitAnswer::decode(body)) add({"seconds", wait->seconds});
      return finish("wait");
  }
}

void AccessNote::describe_error(ByteView body) {
  auto error = ErrorAnswer::decode(body);
  if (!error) return;
  add({"code", error->code});
  // It may quote what the client sent.
  add({"text", error->text.substr(0, std::min(error->text.find('?'), max_error))});
}

void AccessNote::describe_redirect(ByteView body) {
  auto redirect = RedirectAnswer::decode(body);
  if (redirect) add({"to", fmt::format("{}:{}", redirect->target, redirect->port)});
}

void AccessNote::finish(std::string_view answer) {
  if (is_written_) return;
  is_written_ = true;
  auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
  add({"answer", answer});
  add({"us", spent.count()});
  if (bytes_ != 0) add({"bytes", bytes_});
  line_.end();
  access_.append(loop_, line_.text());
}

void add_totals(AccessNote& note, const File& file) {
  note.add({"read", file.totals.read.load(std::memory_order_relaxed)});
  note.add({"written", file.totals.written.load(std::memory_order_relaxed)});
  note.add({"requests", file.totals.requests});
}

void add_details(AccessNote& note, const Open& request) {
  note.add({"access", request.flags.writes() ? "write" : "read"});
}

void add_details(AccessNote& note, const Query& request) {
  note.add({"kind", name_of(request.kind)});
  if (request.args.starts_with('/')) note.add_path(request.args);
}

void add_details(AccessNote& note, const Stat& request) {
  if (request.file_system) note.add({"kind", "file_system"});
}

void add_details(AccessNote& note, const Fattr& request) {
  note.add({"kind", name_of(request.code)});
}

void add_details(AccessNote& note, const Truncate& request) { note.add({"size", request.size}); }

void add_details(AccessNote& note, const Read& request) {
  add_range(note, request.offset, request.length);
}

void add_details(AccessNote& note, const Pgread& request) {
  add_range(note, request.offset, request.length);
}

void add_details(AccessNote& note, const Readv& request) { add_items(note, request.items); }

void add_details(AccessNote& note, const Write& request) { note.add({"offset", request.offset}); }

void add_details(AccessNote& note, const Pgwrite& request) { note.add({"offset", request.offset}); }

void add_details(AccessNote& note, const Writev& request) { add_items(note, request.items); }

}  // namespace sluice::xroot::server
