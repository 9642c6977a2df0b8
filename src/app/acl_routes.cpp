// SPDX-License-Identifier: Apache-2.0
// Access control lists over the admin socket: shown, set and taken away, of one path or of all below it. In the process of a
// door, so that it holds for its clients at once.
#include "app/admin_routes.h"
#include "base/log.h"
#include "cli/json.h"

#include <fmt/format.h>

#include <deque>

namespace sluice::app {
namespace {

using catalogue::Acl;
using catalogue::Catalogue;
using catalogue::Entry;
using catalogue::SharedAcl;

const Logger log("app");

constexpr std::size_t page_size = 500;
constexpr Duration longest_change = std::chrono::hours(24);

struct AclAdmin {
  Catalogue* catalogue;
  BlockingPool* blocking;
};

Result<std::string> path_of(const http::Request& request) {
  auto path = request.query_value("path");
  if (!path || !path->starts_with('/'))
    return fail(Errc::invalid_argument, "a path of the namespace begins with /");
  return std::move(*path);
}

cli::JsonObject shown(const std::string& path, const Entry& entry) {
  cli::JsonArray entries;
  if (entry.acl) {
    for (const catalogue::AclEntry& one : entry.acl->entries()) entries.add(to_text(one));
  }
  return cli::JsonObject()
      .add("path", path)
      .add("owner", entry.owner)
      .add("group", entry.group)
      .add("mode", fmt::format("{:04o}", entry.mode))
      .add("acl", entries);
}

// All below the directory, which have the same list from then on. What is made meanwhile takes it from its directory.
Result<std::uint64_t> set_below(Catalogue& all, const Entry& top, const SharedAcl& acl) {
  std::uint64_t changed = 0;
  std::deque<catalogue::FileId> directories{top.id};
  while (!directories.empty()) {
    std::string last;
    for (bool more = true; more;) {
      SLUICE_TRY(const catalogue::Page page,
                 all.names().set_acl_inside(directories.front(), last, page_size, acl));
      for (const Entry& entry : page.entries) {
        if (entry.is_directory()) directories.push_back(entry.id);
        if (!entry.is_link()) ++changed;
      }
      if (!page.entries.empty()) last = page.entries.back().name;
      more = !page.is_last;
    }
    directories.pop_front();
  }
  return changed;
}

Result<http::Response> change(Catalogue& all, const http::Request& request, const SharedAcl& acl) {
  SLUICE_TRY(const std::string path, path_of(request));
  SLUICE_TRY(const Entry found, all.names().lookup(path));
  SLUICE_TRY(const Entry entry, all.names().set_acl(found.id, acl));
  std::uint64_t changed = 1;
  if (request.query_value("recursive") && entry.is_directory()) {
    SLUICE_TRY(const std::uint64_t below, set_below(all, entry, acl));
    changed += below;
  }
  log.info("acl.set", {{"path", path}, {"acl", acl ? acl->text() : "none"}, {"entries", changed}});
  return http::json_response(shown(path, entry).add("changed", changed).text());
}

Task<http::Response> show_acl(AclAdmin parts, http::Request request) {
  co_return co_await offload(*parts.blocking, [&]() -> Result<http::Response> {
    SLUICE_TRY(const std::string path, path_of(request));
    SLUICE_TRY(const Entry entry, parts.catalogue->names().lookup(path));
    return http::json_response(shown(path, entry).text());
  });
}

Task<http::Response> set_acl(AclAdmin parts, http::Request request) {
  SLUICE_CO_TRY(Acl acl, Acl::parse(request.query_value("acl").value_or("")));
  auto wanted = std::make_shared<const Acl>(std::move(acl));
  co_return co_await offload(*parts.blocking,
                             [&] { return change(*parts.catalogue, request, wanted); });
}

Task<http::Response> clear_acl(AclAdmin parts, http::Request request) {
  co_return co_await offload(*parts.blocking,
                             [&] { return change(*parts.catalogue, request, nullptr); });
}

}  // namespace

Routes acl_routes(catalogue::Catalogue& catalogue, BlockingPool& blocking) {
  using http::Method;
  using http::Request;
  const AclAdmin parts{&catalogue, &blocking};
  const std::string path = std::string(admin_prefix) + "/acl";
  return {
      {Method::get, path, [parts](Request request) { return show_acl(parts, std::move(request)); }},
      {Method::put, path, [parts](Request request) { return set_acl(parts, std::move(request)); },
       0, longest_change},
      {Method::delete_, path,
       [parts](Request request) { return clear_acl(parts, std::move(request)); }, 0,
       longest_change},
  };
}

}  // namespace sluice::app
