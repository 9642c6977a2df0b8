// SPDX-License-Identifier: Apache-2.0
// What a server that speaks xroot is made of besides its connections: settings, request table,
// sessions, metrics. A storage role (an export, a pool, a door) derives from Service and keeps its
// own things there; its handlers get them back typed.
#pragma once

#include "auth/gatekeeper.h"
#include "base/metrics.h"
#include "base/offload.h"
#include "net/loop.h"
#include "xroot/server/config.h"
#include "xroot/server/handler.h"
#include "xroot/server/tls_rules.h"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::xroot::server {

class AccessLog;
class Session;

// What a handle refers to. The storage role derives from it; the session only counts.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  // Closing it may take long (a commit to disk), so that it must not happen on a loop.
  virtual bool slow_to_close() const { return false; }

  // What logs call it: a path.
  virtual std::string_view label() const { return {}; }

  unsigned changing =
      0;  // requests under way that change the file; the next request for it waits for them

  // Of its life, for the access log. Bytes may move on any thread.
  struct Totals {
    std::uint64_t requests = 0;  // that moved data
    std::atomic<std::uint64_t> read{0};
    std::atomic<std::uint64_t> written{0};
  };
  mutable Totals totals;
};

// Names a session for people, in logs and commands: half of its id, so that nobody can use it as the whole one.
std::string short_id(const SessionId& id);

// Finds a session by the unguessable id its login returned, from any loop. Used by bind and endsess
// alone, never by data.
class SessionRegistry {
 public:
  struct Entry {
    net::Loop* loop = nullptr;
    std::weak_ptr<Session> session;  // to be locked on its own loop only
    std::weak_ptr<const void> held;  // expires when the session and every file of it are gone
    std::shared_ptr<const Caller> caller;
    std::chrono::system_clock::time_point since;
  };
  void insert(const SessionId& id, Entry entry);
  void erase(const SessionId& id);
  // The session is known for somebody else now.
  void update(const SessionId& id, std::shared_ptr<const Caller> caller);
  Entry find(const SessionId& id) const;
  // In no order. Copies under the lock: for people, not for each request.
  std::vector<Entry> list() const;

 private:
  struct Hash {
    std::size_t operator()(const SessionId& id) const;
  };
  mutable std::mutex mutex_;
  std::unordered_map<SessionId, Entry, Hash> entries_;
};

// Latencies (and with them the number) and errors of every request; nothing else is counted per
// request.
struct RequestMetrics {
  struct PerRequest {
    Counter* failed = nullptr;
    Histogram* seconds = nullptr;
  };
  explicit RequestMetrics(Metrics& metrics);

  std::array<PerRequest, request_count> requests;
  Counter& bytes_sent;
  Counter& bytes_received;
  Counter& signed_requests;
  Gauge& connections;
  Gauge& open_files;

  // Files opened so far, refused ones included.
  std::uint64_t opens() const;
};

class Service {
 public:
  Service(ServerConfig settings, const RequestTable& requests, Metrics& metrics,
          BlockingPool& pool);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // Flags of the answer to kXR_protocol, and the kind in the hello: 1 data server, 0 manager.
  virtual std::uint32_t protocol_flags() const = 0;
  virtual std::int32_t kind() const = 0;
  // What logs call it: "door", "pool", "export".
  virtual std::string_view role() const = 0;
  // Metadata calls are short enough to run on a loop.
  virtual bool metadata_inline() const = 0;

  const ServerConfig config;
  std::string address;          // HOST:PORT under which clients find this server
  std::string site_name;        // for those who ask; empty: none
  bool proxy_protocol = false;  // connections begin with a HAProxy PROXY header
  TlsService tls;
  AccessLog* access_log = nullptr;               // null: none is written
  std::shared_ptr<auth::Gatekeeper> gatekeeper;  // never null
  const RequestTable& table;
  BlockingPool& blocking;
  SessionRegistry sessions;
  RequestMetrics counters;
};

}  // namespace sluice::xroot::server
