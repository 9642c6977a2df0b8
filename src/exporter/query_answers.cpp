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

std::string checksum_types() {
  std::string out;
  for (std::size_t i = 0; const ChecksumRow& row : checksum_rows()) {
    out += fmt::format("{}{}:{}", i == 0 ? "" : ",", i, row.name);
    ++i;
  }
  return out;
}

struct ConfigKey {
  std::string_view name;
  std::string (*value)(const ExportService& service);  // empty: as if the key were unknown
};

// Keys that are not listed (tpc and tpcdlg among them, while there is no third-party copy) answer
// with their own name, which every client takes for "no".
constexpr std::array config_keys = {
    ConfigKey{"bind_max",
              [](const ExportService& s) { return std::to_string(s.config.max_streams); }},
    ConfigKey{"chksum", [](const ExportService&) { return checksum_types(); }},
    ConfigKey{"csname", [](const ExportService&) { return checksum_types(); }},
    ConfigKey{"cms", [](const ExportService&) { return std::string("none|"); }},
    ConfigKey{"fattr",
              [](const ExportService&) {
                return fmt::format("{} {}", max_attribute_name, max_attribute_value);
              }},
    ConfigKey{"pio_max", [](const ExportService&) { return std::string("5"); }},
    ConfigKey{"readv_ior_max",
              [](const ExportService&) { return std::to_string(xroot::max_vector_item_bytes); }},
    ConfigKey{"readv_iov_max",
              [](const ExportService&) { return std::to_string(xroot::max_vector_items); }},
    ConfigKey{"role", [](const ExportService&) { return std::string("server"); }},
    ConfigKey{"sitename", [](const ExportService& s) { return s.tree->config().site_name; }},
    ConfigKey{"version", [](const ExportService&) { return std::string("v" SLUICE_VERSION); }},
};

std::string config_value(const ExportService& service, std::string_view key) {
  auto known = std::ranges::find(config_keys, key, &ConfigKey::name);
  std::string value = known != config_keys.end() ? known->value(service) : std::string();
  return value.empty() ? std::string(key) : value;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string config_answer(const ExportService& service, std::string_view keys) {
  std::string out;
  while (!keys.empty()) {
    std::size_t start = keys.find_first_not_of(" \n\t");
    if (start == std::string_view::npos) break;
    keys.remove_prefix(start);
    std::string_view key = keys.substr(0, keys.find_first_of(" \n\t"));
    keys.remove_prefix(key.size());
    out += config_value(service, key) + '\n';
  }
  return out;
}

std::string statistics_answer(ExportService& service) {
  auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return fmt::format(
      R"(<statistics tod="{}" ver="v{}" src="{}" pgm="sluice" ins="anon" site="{}">)"
      R"(<stats id="link"><num>{}</num></stats><stats id="xrootd"><ops><open>{}</open></ops></stats></statistics>)",
      now.count(), SLUICE_VERSION, service.address, xml_escaped(service.tree->config().site_name),
      service.counters.connections.value(), service.counters.open_files.value());
}

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
