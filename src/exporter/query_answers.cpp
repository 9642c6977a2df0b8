// SPDX-License-Identifier: Apache-2.0
#include "exporter/query_answers.h"

#include "base/checksum.h"
#include "base/text.h"
#include "disk/attributes.h"
#include "disk/wire_forms.h"
#include "xroot/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace sluice::exporter {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

Result<std::string> xattr_answer(const FileTree& tree, const LogicalPath& path) {
  SLUICE_TRY(FileStat stat, tree.stat(path));
  return fmt::format(
      "oss.cgroup=public&oss.type={}&oss.used={}&oss.mt={}&oss.ct={}&oss.at={}&oss.u={}&oss.g={}&"
      "oss.fs={}",
      stat.is_directory() ? 'd'
      : stat.is_file()    ? 'f'
                          : 'o',
      stat.size, stat.modified_ns / second_ns, stat.changed_ns / second_ns,
      stat.accessed_ns / second_ns, tree.user_name(stat.owner), tree.group_name(stat.group),
      tree.may_write(stat) ? 'w' : 'r');
}

std::string prepare_status(const FileTree& tree, xroot::Lines lines) {
  fmt::memory_buffer out;
  std::string_view separator;
  for (bool is_first = true; std::string_view line : lines) {
    if (std::exchange(is_first, false)) {
      fmt::format_to(std::back_inserter(out), R"({{"request_id":{},"responses":[)",
                     json_quoted(line));
      continue;
    }
    auto target = request_path(line);
    Result<FileStat> found =
        target ? tree.stat(target->path) : Result<FileStat>(fail(Errc::not_found));
    std::string error = found ? "" : found.error().message();
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"path":{},"path_exists":{},"on_tape":false,"online":{},"requested":false,)"
        R"("has_reqid":false,"req_time":"","error_text":{}}})",
        separator, json_quoted(line.substr(0, line.find('?'))), found.has_value(),
        found.has_value(), json_quoted(error));
    separator = ",";
  }
  if (lines.empty()) return R"({"request_id":"","responses":[]})";
  fmt::format_to(std::back_inserter(out), "]}}");
  return fmt::to_string(out);
}

}  // namespace sluice::exporter
