// SPDX-License-Identifier: Apache-2.0
// A line of the access log, from the beginning of a request to its answer. Whoever answers holds it; if nobody does any
// more, the client was gone before the answer. Of what clients send it has paths up to '?', and of the CGI behind that only
// the names of keys that are known: values are tokens and capabilities.
#pragma once

#include "base/bytes.h"
#include "base/log_line.h"
#include "xroot/requests/all.h"
#include "xroot/server/access_log.h"

#include <chrono>
#include <string>
#include <string_view>

namespace sluice::xroot::server {

struct Caller;
class File;

// What the lines of one connection have in common, as LogLine::add_made() takes it. Before the login there is no caller.
std::string access_line_head(LogFormat format, std::string_view service, std::string_view peer,
                             const Caller* caller);

inline std::string_view without_cgi(std::string_view wire) {
  return wire.substr(0, wire.find('?'));
}

class AccessNote {
 public:
  using Clock = std::chrono::steady_clock;

  // Everything on the thread of `loop`.
  AccessNote(AccessLog& access, std::size_t loop, std::string_view head, std::string_view request,
             Clock::time_point began);
  AccessNote(const AccessNote&) = delete;
  AccessNote& operator=(const AccessNote&) = delete;
  ~AccessNote() { finish("lost"); }

  void add(const Field& field) { line_.add(field); }
  // "/path?cgi" as a client sent it.
  void add_path(std::string_view wire);

  // A part of the answer went out.
  void count(std::size_t bytes) { bytes_ += bytes; }
  // A frame of the answer; the last one ends the line.
  void answer(ResponseStatus status, ByteView body);
  // Ends the line, unless it was: "ok" where no frame was seen here.
  void finish(std::string_view answer);

 private:
  void describe_error(ByteView body);
  void describe_redirect(ByteView body);

  AccessLog& access_;
  const std::size_t loop_;
  const Clock::time_point began_;
  LogLine line_;
  std::size_t bytes_ = 0;
  bool is_written_ = false;
};

// What was read and written through a file until now.
void add_totals(AccessNote& note, const File& file);

// What a line says of a request besides its path.
template <class Request>
void add_details(AccessNote&, const Request&) {}
void add_details(AccessNote& note, const Login& request);
void add_details(AccessNote& note, const Open& request);
void add_details(AccessNote& note, const Query& request);
void add_details(AccessNote& note, const Stat& request);
void add_details(AccessNote& note, const Fattr& request);
void add_details(AccessNote& note, const Truncate& request);
void add_details(AccessNote& note, const Read& request);
void add_details(AccessNote& note, const Pgread& request);
void add_details(AccessNote& note, const Readv& request);
void add_details(AccessNote& note, const Write& request);
void add_details(AccessNote& note, const Pgwrite& request);
void add_details(AccessNote& note, const Writev& request);

template <class Request>
void describe(AccessNote& note, const Request& request, std::string_view file) {
  if constexpr (requires { request.path; }) {
    note.add_path(request.path.empty() ? file : request.path);
  } else if constexpr (requires {
                         request.source;
                         request.target;
                       }) {
    note.add_path(request.source);
    note.add({"target", without_cgi(request.target)});
  } else if constexpr (requires { request.paths; }) {
    if (!request.paths.empty()) note.add_path(*request.paths.begin());
    note.add({"paths", std::distance(request.paths.begin(), request.paths.end())});
  } else if constexpr (requires { request.handle; } && Request::id != Query::id) {
    if (!file.empty()) note.add({"path", file});
  }
  add_details(note, request);
}

}  // namespace sluice::xroot::server
