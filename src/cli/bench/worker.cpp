// SPDX-License-Identifier: Apache-2.0
// The loop: connections are opened a few at a time, so that no listen queue overflows and costs a
// second of SYN retransmission; then all work at once; at the end answers that are still due are
// awaited, so that no server has to send into closed sockets while the next run measures.
#include "cli/bench/worker.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>

namespace sluice::cli::bench {

namespace {

constexpr std::size_t buffer_size = 1 << 20;
constexpr std::size_t setups_at_once = 64;
constexpr std::chrono::seconds setup_limit{30};
constexpr std::chrono::seconds drain_limit{5};
constexpr std::chrono::milliseconds tick{20};

}  // namespace

Worker::Worker(Plan& plan, unsigned number, unsigned of)
    : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_size) {
  for (auto index = number; index < plan.load.connections; index += of) {
    connections_.push_back(std::make_unique<Connection>(*this, index));
  }
}

bool Worker::watch(int socket, Link& link) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &link;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void Worker::poll(std::chrono::milliseconds at_most) {
  std::array<epoll_event, 256> events;
  const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                             static_cast<int>(at_most.count()));
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Link*>(event.data.ptr)->on_event();
  }
}

// True while connections are still on their way.
bool Worker::start_more() {
  std::size_t unready = 0;
  for (std::size_t i = 0; i < started_; ++i) {
    const Connection& connection = *connections_[i];
    if (connection.phase() == Connection::Phase::lost) {
      failure_ = connection.failure();
      return false;
    }
    if (connection.phase() != Connection::Phase::ready) ++unready;
  }
  for (; unready < setups_at_once && started_ < connections_.size(); ++unready) {
    connections_[started_++]->prepare();
  }
  return unready > 0;
}

bool Worker::prepare() {
  const Clock::time_point limit = Clock::now() + setup_limit;
  while (start_more()) {
    if (plan_.given_up.load(std::memory_order_relaxed)) return false;
    if (Clock::now() > limit) {
      failure_ = "no connection was set up within 30 s";
      return false;
    }
    poll(tick);
  }
  return failure_.empty();
}

void Worker::work(const Window& window) {
  window_ = window;
  for (auto& connection : connections_) connection->begin();
  while (!is_over(Clock::now()) && is_busy()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(window_.to - Clock::now());
    poll(std::clamp(left, std::chrono::milliseconds(0), tick));
  }
  look_at_connections();
  const Clock::time_point limit = Clock::now() + drain_limit;
  while (is_busy() && Clock::now() < limit) poll(tick);
}

bool Worker::is_busy() const {
  return std::ranges::any_of(connections_,
                             [](const auto& connection) { return connection->in_flight() > 0; });
}

void Worker::look_at_connections() {
  const Clock::time_point now = Clock::now();
  for (const auto& connection : connections_) {
    tally_.fewest = std::min(tally_.fewest, connection->operations());
    tally_.most = std::max(tally_.most, connection->operations());
    tally_.longest_unanswered = std::max(tally_.longest_unanswered, now - connection->oldest(now));
  }
}

bool Worker::count(Clock::time_point issued, Clock::time_point now, std::uint64_t bytes) {
  if (now < window_.from || now >= window_.to) return false;
  tally_.latency.add(now - issued);
  ++tally_.operations;
  tally_.bytes += bytes;
  return true;
}

void Worker::count_error(Clock::time_point now, std::string text) {
  if (now >= window_.from && now < window_.to) tally_.count_error(std::move(text));
}

}  // namespace sluice::cli::bench
