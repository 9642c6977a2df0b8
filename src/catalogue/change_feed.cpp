// SPDX-License-Identifier: Apache-2.0
#include "catalogue/change_feed.h"

#include "base/text.h"
#include "catalogue/catalogue_log.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <memory>
#include <utility>

namespace sluice::catalogue {
namespace {

constexpr const char* listen_statement = "LISTEN sluice_changes";
constexpr const char* notify_statement = "SELECT pg_notify('sluice_changes', $1)";
// A payload has less than 8000 bytes.
constexpr std::size_t marks_per_message = 400;
// Beyond this the others are told that everything may have changed.
constexpr std::size_t max_waiting = 100'000;
constexpr std::string_view everything = "*";
constexpr int retry_ms = 500;

}  // namespace

std::string marks_to_text(std::span<const Mark> marks) {
  std::string text;
  for (Mark mark : marks) fmt::format_to(std::back_inserter(text), "{:x} ", mark);
  return text;
}

std::vector<Mark> marks_of_text(std::string_view text) {
  std::vector<Mark> marks;
  for (std::string_view word : split(text, ' ')) {
    Mark mark = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), mark, 16);
    if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == word.data() + word.size())
      marks.push_back(mark);
  }
  return marks;
}

class ChangeFeed::Connection {
 public:
  explicit Connection(const std::string& target) : connection_(connect(target), &::PQfinish) {
    ::PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  }

  bool is_good() const { return ::PQstatus(connection_.get()) == CONNECTION_OK; }
  int socket() const { return ::PQsocket(connection_.get()); }

  bool listen() { return succeeded(::PQexec(connection_.get(), listen_statement)); }

  bool notify(const std::string& payload) {
    const char* value = payload.c_str();
    return succeeded(::PQexecParams(connection_.get(), notify_statement, 1, nullptr, &value,
                                    nullptr, nullptr, 0));
  }

  // False when the connection is lost. Gives what others told to `sink`.
  template <class Sink>
  bool receive(Sink sink) {
    if (::PQconsumeInput(connection_.get()) == 0) return false;
    for (;;) {
      const std::unique_ptr<PGnotify, decltype(&::PQfreemem)> news(::PQnotifies(connection_.get()),
                                                                   &::PQfreemem);
      if (!news) return true;
      if (news->be_pid != ::PQbackendPID(connection_.get())) sink(std::string_view(news->extra));
    }
  }

 private:
  // A server that vanished holds nobody for long. What the target says itself counts more.
  static PGconn* connect(const std::string& target) {
    const std::array<const char*, 4> names{"connect_timeout", "tcp_user_timeout", "dbname",
                                           nullptr};
    const std::array<const char*, 4> values{"5", "5000", target.c_str(), nullptr};
    return ::PQconnectdbParams(names.data(), values.data(), 1);
  }

  static bool succeeded(PGresult* result) {
    const std::unique_ptr<PGresult, decltype(&::PQclear)> owner(result, &::PQclear);
    const ExecStatusType status = ::PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  }

  std::unique_ptr<PGconn, decltype(&::PQfinish)> connection_;
};

ChangeFeed::ChangeFeed(std::string target, LookupCache* cache)
    : target_(std::move(target)), cache_(cache), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (cache_ != nullptr) cache_->suspend();  // until changes are heard of
  thread_ = std::thread([this] { run(); });
}

ChangeFeed::~ChangeFeed() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void ChangeFeed::tell(std::span<const Mark> marks) {
  {
    std::scoped_lock lock(mutex_);
    if (waiting_.size() <= max_waiting) waiting_.insert(waiting_.end(), marks.begin(), marks.end());
  }
  ::eventfd_write(wake_.get(), 1);
}

ChangeFeed::Work ChangeFeed::take() {
  std::scoped_lock lock(mutex_);
  return {std::exchange(waiting_, {}), stopping_};
}

bool ChangeFeed::has_work() {
  std::scoped_lock lock(mutex_);
  return !waiting_.empty() || (cache_ != nullptr && !stopping_);
}

bool ChangeFeed::is_over() {
  std::scoped_lock lock(mutex_);
  return stopping_;
}

void ChangeFeed::wait(int socket, int milliseconds) {
  std::array<pollfd, 2> watched{pollfd{wake_.get(), POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  ::poll(watched.data(), watched.size(), milliseconds);
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
}

void ChangeFeed::run() {
  bool was_heard = true;
  do {
    if (!has_work()) {  // who only tells connects when there is something to tell
      wait(-1, -1);
      continue;
    }
    Connection connection(target_);
    const bool is_heard = connection.is_good() && (cache_ == nullptr || connection.listen());
    if (is_heard != std::exchange(was_heard, is_heard))
      log.warn(is_heard ? "changes.heard_again" : "changes.unheard", {});
    if (is_heard) {
      if (cache_ != nullptr) cache_->resume();
      serve(connection);
      if (cache_ != nullptr) cache_->suspend();
    }
    if (!is_over()) wait(-1, retry_ms);
  } while (!is_over() || (was_heard && has_work()));
}

void ChangeFeed::serve(Connection& connection) {
  auto hear = [this](std::string_view payload) {
    if (cache_ == nullptr) return;
    if (payload == everything) return cache_->forget_all();
    cache_->forget(marks_of_text(payload));
  };
  for (;;) {
    const Work work = take();
    // Nobody knows which of these were told when the connection breaks.
    const bool told = !std::exchange(owes_everything_, true) && work.marks.size() <= max_waiting
                          ? tell_all(connection, work.marks)
                          : connection.notify(std::string(everything));
    if (!told) return;
    owes_everything_ = false;
    if (work.is_last || !connection.receive(hear)) return;
    wait(connection.socket(), -1);
  }
}

bool ChangeFeed::tell_all(Connection& connection, std::span<const Mark> marks) {
  while (!marks.empty()) {
    const auto part = marks.first(std::min(marks_per_message, marks.size()));
    if (!connection.notify(marks_to_text(part))) return false;
    marks = marks.subspan(part.size());
  }
  return true;
}

}  // namespace sluice::catalogue
