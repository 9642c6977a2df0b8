// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/standard_answers.h"

#include "base/checksum.h"
#include "base/text.h"
#include "xroot/protocol.h"
#include "xroot/responses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace sluice::xroot::server {
namespace {

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
  std::string (*value)(const Service& service);  // empty: as if the key were unknown
};

constexpr std::array config_keys = {
    ConfigKey{"bind_max", [](const Service& s) { return std::to_string(s.config.max_streams); }},
    ConfigKey{"chksum", [](const Service&) { return checksum_types(); }},
    ConfigKey{"csname", [](const Service&) { return checksum_types(); }},
    ConfigKey{"cms", [](const Service&) { return std::string("none|"); }},
    ConfigKey{"fattr",
              [](const Service&) {
                return fmt::format("{} {}", max_attribute_name, max_attribute_value);
              }},
    ConfigKey{"pio_max", [](const Service&) { return std::string("5"); }},
    ConfigKey{"readv_ior_max",
              [](const Service&) { return std::to_string(max_vector_item_bytes); }},
    ConfigKey{"readv_iov_max", [](const Service&) { return std::to_string(max_vector_items); }},
    ConfigKey{"role", [](const Service&) { return std::string("server"); }},
    ConfigKey{"sitename", [](const Service& s) { return s.site_name; }},
    ConfigKey{"version", [](const Service&) { return std::string("v" SLUICE_VERSION); }},
};

std::string config_value(const Service& service, std::span<const ConfigEntry> own,
                         std::string_view key) {
  auto mine = std::ranges::find(own, key, &ConfigEntry::key);
  if (mine != own.end()) return std::string(mine->value);
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

std::string config_answer(const Service& service, std::span<const ConfigEntry> own,
                          std::string_view keys) {
  std::string out;
  while (!keys.empty()) {
    std::size_t start = keys.find_first_not_of(" \n\t");
    if (start == std::string_view::npos) break;
    keys.remove_prefix(start);
    std::string_view key = keys.substr(0, keys.find_first_of(" \n\t"));
    keys.remove_prefix(key.size());
    out += config_value(service, own, key) + '\n';
  }
  return out;
}

std::string statistics_answer(const Service& service) {
  auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return fmt::format(
      R"(<statistics tod="{}" ver="v{}" src="{}" pgm="sluice" ins="anon" site="{}">)"
      R"(<stats id="link"><num>{}</num></stats><stats id="xrootd"><ops><open>{}</open></ops></stats></statistics>)",
      now.count(), SLUICE_VERSION, service.address, xml_escaped(service.site_name),
      service.counters.connections.value(), service.counters.opens());
}

Result<std::string> checksum_type_of(const Opaque& opaque) {
  std::string_view wanted = opaque.get("cks.type").value_or(checksum_rows().front().name);
  SLUICE_TRY(const ChecksumRow* row, find_checksum(wanted));
  return std::string(row->name);
}

Reply checksum_reply(std::string_view type, std::string_view value) {
  Reply reply;
  ChecksumAnswer{type, value}.encode(reply.body);
  return reply;
}

Reply xattr_reply(const FileStat& stat) {
  char type = stat.flags.directory ? 'd' : stat.flags.other ? 'o' : 'f';
  return Reply::text(fmt::format(
      "oss.cgroup=public&oss.type={}&oss.used={}&oss.mt={}&oss.ct={}&oss.at={}&oss.u={}&oss.g={}&"
      "oss.fs={}",
      type, stat.size, stat.mtime, stat.ctime, stat.atime, stat.owner, stat.group,
      stat.flags.writable ? 'w' : 'r'));
}

std::string prepare_status(Lines lines,
                           const std::function<Status(std::string_view path)>& exists) {
  if (lines.empty()) return R"({"request_id":"","responses":[]})";
  fmt::memory_buffer out;
  std::string_view separator;
  for (bool is_first = true; std::string_view line : lines) {
    if (std::exchange(is_first, false)) {
      fmt::format_to(std::back_inserter(out), R"({{"request_id":{},"responses":[)",
                     json_quoted(line));
      continue;
    }
    Status found = exists(line);
    fmt::format_to(
        std::back_inserter(out),
        R"({}{{"path":{},"path_exists":{},"on_tape":false,"online":{},"requested":false,)"
        R"("has_reqid":false,"req_time":"","error_text":{}}})",
        separator, json_quoted(line.substr(0, line.find('?'))), found.has_value(),
        found.has_value(), json_quoted(found ? "" : found.error().message()));
    separator = ",";
  }
  fmt::format_to(std::back_inserter(out), "]}}");
  return fmt::to_string(out);
}

Reply redirect(const Endpoint& target, std::string_view cgi, std::string_view login_token) {
  std::string host = target.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  RedirectAnswer answer;
  answer.target = host;
  answer.port = target.port;
  answer.cgi = cgi;
  answer.login_token = login_token;
  Reply reply;
  reply.status = ResponseStatus::redirect;
  answer.encode(reply.body);
  return reply;
}

}  // namespace sluice::xroot::server
