// SPDX-License-Identifier: Apache-2.0
// The xroot client: Client (name space operations on any server) and File (an open file), all as
// coroutines. A Client and everything made by it live on one executor that runs on one thread. URLs
// are root://[user@]host[:port]//path[?cgi]. Redirects, waits, deferred answers and lost
// connections are dealt with inside; what comes out is the answer or an Error.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/task_group.h"
#include "base/units.h"
#include "xroot/requests/query.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice::xroot::client {

class Credentials;  // credentials.h
class Transport;    // transport.h

// ---- Options
// -------------------------------------------------------------------------------------------------------

// None of these is a total time: whatever makes progress may take as long as it needs.
struct Timeouts {
  Duration connect =
      std::chrono::seconds(30);  // name look-up, TCP, hello, login and authentication of one server
  Duration stall =
      std::chrono::seconds(60);  // a data request without a byte of its answer means a dead server
  Duration request =
      std::chrono::seconds(300);  // the same for all other requests; the connection is kept
  Duration wait =
      std::chrono::seconds(1800);  // sum of all the waiting that servers ask for in one operation
  Duration keepalive = std::chrono::seconds(30);  // a connection silent for this long is pinged
  Duration recovery = std::chrono::seconds(60);   // how long a lost server is tried again
};

// What a server may cost us at most.
struct Limits {
  std::size_t metadata_bytes = 16U << 20;  // of one answer other than file data
  std::size_t listing_bytes = 256U << 20;  // of a listing that is collected, not streamed
  std::size_t outstanding =
      256;             // requests in flight on one connection; more of them wait their turn
  int redirects = 16;  // of one operation
  int auth_rounds = 10;
};

struct RedirectPolicy {
  bool follow = true;
  bool from_tls_to_clear = false;  // a roots:// operation may go on over root://
  // Asked for every target when set; false refuses it.
  std::function<bool(std::string_view host, std::uint16_t port)> allows;
};

// Puts TLS on a connection to `host`. The security modules provide it; without one roots:// is
// refused and TLS not offered.
using TlsUpgrade = std::function<Task<std::unique_ptr<Transport>>(std::unique_ptr<Transport> clear,
                                                                  std::string host)>;

// Makes the byte stream to a server. Empty means TCP; tests and tunnels bring their own.
using Connect = std::function<Task<std::unique_ptr<Transport>>(std::string host, std::uint16_t port,
                                                               Duration timeout)>;

struct ClientOptions {
  Timeouts timeouts;
  Limits limits;
  RedirectPolicy redirects;
  std::string app_name = "sluice";  // told to the server at login
  std::string user_name;            // login label; empty: the one of the URL, else of the process
  std::shared_ptr<Credentials> credentials;  // empty: standard_credentials.h
  TlsUpgrade tls;
  Connect connect;
  int streams = 0;  // further connections to each data server, over which the answers of reads are
                    // spread; 0...15
};

// ---- What servers tell
// ---------------------------------------------------------------------------------------------

struct FileInfo {
  std::uint64_t id = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  // seconds since 1970
  std::int64_t ctime = 0;
  std::int64_t atime = 0;
  std::optional<std::uint32_t> mode;  // the server need not tell mode, owner and group
  std::string owner;
  std::string group;
  bool is_directory = false;
  bool is_other = false;  // neither file nor directory
  bool is_executable = false;
  bool is_readable = false;  // by us
  bool is_writable = false;
  bool is_offline = false;  // only on tape
  bool is_posc_pending = false;
  bool has_backup = false;
  bool is_cached = false;
};

struct VirtualFsInfo {  // answer of statvfs
  std::uint64_t rw_nodes = 0;
  std::uint64_t rw_free_mb = 0;
  std::uint64_t rw_used_percent = 0;
  std::uint64_t staging_nodes = 0;
  std::uint64_t staging_free_mb = 0;
  std::uint64_t staging_used_percent = 0;
};

struct DirectoryEntry {
  std::string name;
  std::optional<FileInfo> info;  // with ListOptions::with_info
  std::string
      checksum;  // "adler32:0a1b2c3d", with ListOptions::checksum; empty when the server has none
};

struct Location {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool is_manager = false;  // else a data server
  bool is_pending = false;  // the file is on its way there
  bool is_writable = false;
};

struct Checksum {
  std::string type;   // "adler32"
  std::string value;  // lower-case hex
};

struct SpaceInfo {
  std::string name;
  std::uint64_t total = 0;  // bytes
  std::uint64_t free = 0;
  std::uint64_t largest_free = 0;
  std::uint64_t used = 0;
  std::int64_t quota = -1;  // -1: none
};

struct Attribute {  // a user attribute ("fattr")
  std::string name;
  std::string value;
};

struct ServerInfo {
  std::string host;
  std::uint16_t port = 0;
  std::string address;        // "[::1]:1094", what the connection really goes to
  std::uint32_t version = 0;  // 0x0520
  std::uint32_t flags = 0;    // server_flag of protocol.h
  bool is_data_server = false;
  bool has_pages = false;  // pgread and pgwrite
};

// ---- What callers ask for
// ------------------------------------------------------------------------------------------

// How a new file is made; what the open does to an existing one.
enum class Create : std::uint8_t {
  never,      // must exist
  new_file,   // must not exist
  overwrite,  // is made, or cut to nothing
};

// Whether bytes travel with a CRC32C for each page (pgread, pgwrite).
enum class Integrity : std::uint8_t {
  automatic,  // with, if the server can
  none,
  required,  // open fails on a server that cannot
};

struct OpenOptions {
  bool write = false;  // opens for update: reading is possible too
  Create create = Create::never;
  bool append = false;
  bool make_path = false;  // missing directories are made
  bool posc = false;  // persist on successful close: the file appears only when close() succeeded
  bool refresh = false;  // the door forgets what it cached of the location
  bool no_wait = false;  // the door answers with an error rather than wait for a staged file
  bool sequential = false;
  std::uint16_t mode = 0644;  // of a new file
  Integrity integrity = Integrity::automatic;
  bool recover_reads = true;
  bool recover_writes = true;  // re-opens for update and repeats unanswered writes; never with posc
};

struct ListOptions {
  bool with_info = false;
  std::string checksum;  // a type such as "adler32" asks for it; implies with_info
};

// Receives a listing as it arrives, a few entries at a time and always on the Client's thread; must
// not block. An Error ends the listing with it.
using ListPage = std::function<Status(std::vector<DirectoryEntry> entries)>;

struct LocateOptions {
  bool refresh = false;
  bool prefer_names = false;
  bool unique = false;
  bool no_wait = false;
  bool for_listing = false;  // asks for every server that may hold a part of a directory
};

struct PrepareOptions {
  bool stage = false;
  bool evict = false;
  bool cancel = false;  // `paths` holds the id of the request
  bool write_mode = false;
  bool fresh = false;
  bool colocate = false;
  bool no_errors = false;
  std::uint8_t priority = 0;  // 0...3
};

struct ReadPart {
  std::uint64_t offset = 0;
  ByteSpan into;  // filled whole, or the read fails
};

struct WritePart {
  std::uint64_t offset = 0;
  ByteView data;
};

// ---- File
// ----------------------------------------------------------------------------------------------------------

// An open file. Movable; operations may overlap, except close() with others. Spans must stay valid
// until the operation returns. A file dropped without close() is closed without waiting, so nothing
// says whether its last writes succeeded.
class File {
 public:
  class State;
  explicit File(std::shared_ptr<State> state);
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  // Bytes read: fewer than asked only at the end of the file. With CRC32C per page where Integrity
  // says so.
  Task<std::size_t> read(std::uint64_t offset, ByteSpan into);
  // The same with pgread whatever Integrity says; Errc::unsupported when the server has none. A
  // page that arrives damaged is asked for again once; Errc::checksum after that.
  Task<std::size_t> read_pages(std::uint64_t offset, ByteSpan into);
  // Many pieces with few requests; split to the server's limits. Errc::invalid_argument past the
  // end of the file.
  Task<void> readv(std::vector<ReadPart> parts);

  Task<void> write(std::uint64_t offset, ByteView data);
  Task<void> write_pages(std::uint64_t offset, ByteView data);
  Task<void> writev(std::vector<WritePart> parts, bool sync_after = false);

  Task<void> sync();
  Task<void> truncate(std::uint64_t size);
  Task<FileInfo> stat();
  // A query that takes the handle: QueryKind::visa, file_info or opaque_handle with its argument.
  Task<std::string> query(QueryKind kind, std::string argument = {});
  Task<std::vector<Attribute>> get_attributes(std::vector<std::string> names);
  Task<void> set_attributes(std::vector<Attribute> attributes, bool must_be_new = false);

  // Says whether everything written is safe. The file is closed afterwards in any case.
  Task<void> close();

  // What the server told when it opened the file; nullopt when it told nothing.
  const std::optional<FileInfo>& info() const;
  // The data server that holds the file now.
  ServerInfo server() const;
  bool has_pages() const;

 private:
  std::shared_ptr<State> state_;
};

// ---- Client
// --------------------------------------------------------------------------------------------------------

// Connections to any number of servers, one per (host, port, user, TLS), made when needed and
// shared by all operations.
class Client {
 public:
  class State;
  // The coroutines of the connections are children of `owner`, which must outlive the Client and is
  // joined after it.
  Client(TaskGroup& owner, ClientOptions options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  // Closes every connection; operations that still wait end with Errc::cancelled.
  ~Client();

  Task<File> open(std::string url, OpenOptions options = {});

  Task<FileInfo> stat(std::string url);
  Task<VirtualFsInfo> statvfs(std::string url);
  // Streams the entries; none named "." or "..". The order is the server's.
  Task<void> list(std::string url, ListOptions options, ListPage page);
  // The same in one piece, for directories known to be of reasonable size.
  Task<std::vector<DirectoryEntry>> list(std::string url, ListOptions options = {});

  Task<void> mkdir(std::string url, std::uint16_t mode = 0755, bool make_parents = false);
  Task<void> rm(std::string url);
  Task<void> rmdir(std::string url);
  // `target` is a path of the same server, which may carry ?cgi.
  Task<void> mv(std::string url, std::string target);
  Task<void> chmod(std::string url, std::uint16_t mode);
  Task<void> truncate(std::string url, std::uint64_t size);

  Task<std::vector<Location>> locate(std::string url, LocateOptions options = {});

  // The raw text of an answer. `argument` is what the kind asks for; for kinds about a path, empty
  // means the URL's.
  Task<std::string> query(std::string url, QueryKind kind, std::string argument = {});
  // One value for each key, in their order; a key that the server does not know has its own name as
  // value.
  Task<std::vector<std::string>> query_config(std::string url, std::vector<std::string> keys);
  // An empty type leaves the choice to the server.
  Task<Checksum> checksum(std::string url, std::string type = {});
  Task<SpaceInfo> space(std::string url);

  // The id of the request for stage, else an empty text. `url` names the server; `paths` are
  // absolute.
  Task<std::string> prepare(std::string url, std::vector<std::string> paths,
                            PrepareOptions options);

  Task<std::vector<Attribute>> get_attributes(std::string url, std::vector<std::string> names);
  Task<void> set_attributes(std::string url, std::vector<Attribute> attributes,
                            bool must_be_new = false);
  Task<void> delete_attributes(std::string url, std::vector<std::string> names);
  // Values are filled when `with_values`.
  Task<std::vector<Attribute>> list_attributes(std::string url, bool with_values = false);

  // kXR_set, for instance "appid text" or "monitor on".
  Task<std::string> set(std::string url, std::string text);

  // Round trip of one empty request on a connection that is there already, or is made first and not
  // counted.
  Task<std::chrono::nanoseconds> ping(std::string url);
  // Connects and logs in when that was not done yet.
  Task<ServerInfo> server(std::string url);

 private:
  std::shared_ptr<State> state_;
};

// Runs `body`, a Task<T>(Client&), with a client of its own; returns when body and all connections
// have ended.
template <class Body>
asio::awaitable<typename std::invoke_result_t<Body&, Client&>::value_type> with_client(
    ClientOptions options, Body body) {
  using Outcome = typename std::invoke_result_t<Body&, Client&>::value_type;
  std::optional<Outcome> outcome;
  // with_task_group() keeps the lambda and is awaited here, so what it refers to outlives it.
  co_await with_task_group([&outcome, &options, &body](TaskGroup& group) -> asio::awaitable<void> {
    Client client(group, std::move(options));
    outcome.emplace(co_await body(client));
  });
  co_return std::move(*outcome);
}

}  // namespace sluice::xroot::client
