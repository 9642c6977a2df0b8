// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/billing_record.h"

#include "base/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <concepts>

namespace sluice::pool {
namespace {

// Of an error's text, which may quote what a client sent. Paths are bounded by the protocol.
constexpr std::size_t max_text = 1024;

// Escapes as logs do: Boost.JSON would pass on bytes that are not UTF-8, and the C1 controls and line separators by which a
// client could colour a terminal or break a line for whoever reads the file.
class JsonLine {
 public:
  void add(std::string_view name, std::string_view text) {
    add_name(name);
    line_.push_back('"');
    append_escaped(line_, text);
    line_.push_back('"');
  }
  template <std::integral Number>
  void add(std::string_view name, Number number) {
    add_name(name);
    fmt::format_to(fmt::appender(line_), "{}", number);
  }
  std::string finish() {
    line_.push_back('}');
    line_.push_back('\n');
    return fmt::to_string(line_);
  }

 private:
  void add_name(std::string_view name) {
    fmt::format_to(fmt::appender(line_), "{}\"{}\":", line_.size() == 0 ? '{' : ',', name);
  }

  fmt::memory_buffer line_;
};

std::string rfc3339(std::chrono::system_clock::time_point time) {
  auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (milliseconds - seconds).count());
}

std::string_view without_opaque(std::string_view text) { return text.substr(0, text.find('?')); }

}  // namespace

BillingRecord record_of(const Mover& mover) {
  BillingRecord record;
  record.request = mover.request();
  record.waited = mover.waited();
  record.running = mover.running();
  record.bytes = mover.bytes();
  if (mover.ended()) record.error = Error{Errc::cancelled, mover.why(), {}};
  return record;
}

std::string to_json_line(const BillingRecord& record, std::string_view pool) {
  const MoverRequest& request = record.request;
  const std::optional<Error>& error = record.error;
  JsonLine line;
  line.add("time", rfc3339(record.time));
  line.add("pool", pool);
  line.add("door", request.door);
  line.add("door_session", request.door_session);
  line.add("file", request.file);
  line.add("path", without_opaque(request.path));
  line.add("direction", request.writes ? "write" : "read");
  line.add("user", request.user);
  line.add("client", request.client);
  line.add("session", request.session);
  line.add("protocol", "xroot");
  line.add("queue", request.queue);
  line.add("queued_ms", record.waited.count());
  line.add("ms", record.running.count());
  line.add("bytes", record.bytes);
  line.add("size", record.size);
  line.add("checksum", record.checksum);
  line.add("result", error ? error_row(error->code).name : "ok");
  line.add("text", error ? without_opaque(error->detail).substr(0, max_text) : "");
  return line.finish();
}

}  // namespace sluice::pool
