// SPDX-License-Identifier: Apache-2.0
// Operations by path that are answered with nothing or a line of text.
#include "xroot/client/client.h"
#include "xroot/requests/chmod.h"
#include "xroot/requests/locate.h"
#include "xroot/requests/mkdir.h"
#include "xroot/requests/mv.h"
#include "xroot/requests/ping.h"
#include "xroot/requests/rm.h"
#include "xroot/requests/rmdir.h"
#include "xroot/requests/set.h"
#include "xroot/requests/stat.h"
#include "xroot/requests/truncate.h"

#include <sys/stat.h>

namespace sluice::xroot::client {
namespace {

enum class Repeat : bool { no, yes };

using State = Client::State;

// An operation on the path of `url`.
template <class Encode>
Task<std::string> ask_path(std::shared_ptr<State> state, std::string url, Repeat repeat,
                           Encode encode) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  Operation operation{
      Course(std::move(parsed)), std::move(encode), repeat == Repeat::yes, false, {}};
  co_return co_await state->ask(std::move(operation));
}

// The same where the answer has nothing in it.
template <class Encode>
Task<void> do_path(std::shared_ptr<State> state, std::string url, Repeat repeat, Encode encode) {
  SLUICE_CO_CHECK(co_await ask_path(std::move(state), std::move(url), repeat, std::move(encode)));
  co_return Status{};
}

}  // namespace

Task<FileInfo> Client::stat(std::string url) {
  auto encode = [](std::string_view path) {
    Stat request;
    request.path = path;
    return request.encode();
  };
  SLUICE_CO_TRY(std::string text, co_await ask_path(state_, std::move(url), Repeat::yes, encode));
  SLUICE_CO_TRY(FileStat stat, parse_stat(text));
  co_return to_info(stat);
}

Task<VirtualFsInfo> Client::statvfs(std::string url) {
  auto encode = [](std::string_view path) {
    Stat request;
    request.file_system = true;
    request.path = path;
    return request.encode();
  };
  SLUICE_CO_TRY(std::string text, co_await ask_path(state_, std::move(url), Repeat::yes, encode));
  SLUICE_CO_TRY(FileSystemStat stat, parse_file_system_stat(text));
  co_return VirtualFsInfo{stat.nodes,         stat.free_mb,         stat.used_percent,
                          stat.staging_nodes, stat.staging_free_mb, stat.staging_used_percent};
}

Task<void> Client::mkdir(std::string url, std::uint16_t mode, bool make_parents) {
  auto encode = [mode, make_parents](std::string_view path) {
    return Mkdir{make_parents, mode, path}.encode();
  };
  return do_path(state_, std::move(url), make_parents ? Repeat::yes : Repeat::no, encode);
}

Task<void> Client::rm(std::string url) {
  return do_path(state_, std::move(url), Repeat::no,
                 [](std::string_view path) { return Rm{path}.encode(); });
}

Task<void> Client::rmdir(std::string url) {
  return do_path(state_, std::move(url), Repeat::no,
                 [](std::string_view path) { return Rmdir{path}.encode(); });
}

Task<void> Client::mv(std::string url, std::string target) {
  // What a redirect adds is for both paths.
  auto encode = [target = std::move(target)](std::string_view path) {
    std::string to = target;
    if (auto mark = path.find('?');
        mark != std::string_view::npos && to.find('?') == std::string::npos) {
      to += path.substr(mark);
    }
    return Mv{path, to}.encode();
  };
  return do_path(state_, std::move(url), Repeat::no, std::move(encode));
}

Task<void> Client::chmod(std::string url, std::uint16_t mode) {
  auto encode = [mode](std::string_view path) { return Chmod{mode, path}.encode(); };
  return do_path(state_, std::move(url), Repeat::yes, encode);
}

Task<void> Client::truncate(std::string url, std::uint64_t size) {
  auto encode = [size](std::string_view path) { return Truncate{0, size, path}.encode(); };
  return do_path(state_, std::move(url), Repeat::yes, encode);
}

Task<std::vector<Location>> Client::locate(std::string url, LocateOptions options) {
  auto encode = [options](std::string_view path) {
    Locate request;
    request.flags.refresh = options.refresh;
    request.flags.prefer_names = options.prefer_names;
    request.flags.unique = options.unique;
    request.flags.no_wait = options.no_wait;
    request.flags.for_dirlist = options.for_listing;
    request.any_server = options.for_listing;
    request.path = path;
    return request.encode();
  };
  SLUICE_CO_TRY(std::string text, co_await ask_path(state_, std::move(url), Repeat::yes, encode));
  SLUICE_CO_TRY(LocateAnswer answer, LocateAnswer::decode(as_bytes(text)));
  std::vector<Location> locations;
  for (const xroot::Location& one : answer.locations) {
    auto server = HostPort::parse(one.address);
    if (!server) co_return fail(Errc::protocol, "a location is not host:port");
    locations.push_back(
        {server->host, server->port, one.is_manager, one.is_pending, one.can_write});
  }
  co_return locations;
}

Task<std::string> Client::set(std::string url, std::string text) {
  auto encode = [text = std::move(text)](std::string_view) { return Set{0, text}.encode(); };
  return ask_path(state_, std::move(url), Repeat::yes, std::move(encode));
}

namespace {

Task<ServerInfo> server_of(std::shared_ptr<State> state, std::string url) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  SLUICE_CO_TRY(auto channel, co_await state->channel(Endpoint::of(parsed)));
  co_return channel->server();
}

Task<std::chrono::nanoseconds> ping_server(std::shared_ptr<State> state, std::string url) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  SLUICE_CO_TRY(auto channel, co_await state->channel(Endpoint::of(parsed)));
  TextSink sink(state->options().limits.metadata_bytes);
  Call call(state->executor(), Ping{}.encode(), sink);
  call.patience = state->options().timeouts.request;
  auto start = std::chrono::steady_clock::now();
  SLUICE_CO_CHECK(co_await channel->call(&call));
  co_return std::chrono::steady_clock::now() - start;
}

}  // namespace

Task<ServerInfo> Client::server(std::string url) { return server_of(state_, std::move(url)); }

Task<std::chrono::nanoseconds> Client::ping(std::string url) {
  return ping_server(state_, std::move(url));
}

}  // namespace sluice::xroot::client
