// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/stream.h"

#include "base/task_group.h"

#include <boost/asio/post.hpp>

#include <array>

namespace sluice::xroot::client {
namespace {

// After so many receive or send calls without a wait the other coroutines get their turn.
constexpr int turns = 16;

}  // namespace

Stream::Stream(asio::any_io_executor executor, std::unique_ptr<Transport> transport, Calls& calls)
    : transport_(std::move(transport)),
      inbound_(calls),
      outbound_(calls),
      wake_(std::move(executor)),
      last_received_(std::chrono::steady_clock::now()) {}

void Stream::send(std::uint16_t id) {
  outbound_.push(id);
  wake_.set();
}

Result<bool> Stream::receive_some() {
  std::array<iovec, max_pieces> pieces;
  std::size_t used = inbound_.window(pieces);
  SLUICE_TRY(std::size_t n, transport_->try_receive(std::span(pieces).first(used)));
  if (n == 0) return false;
  last_received_ = std::chrono::steady_clock::now();
  SLUICE_CHECK(inbound_.received(n, last_received_));
  return true;
}

Result<bool> Stream::send_some() {
  std::array<iovec, max_pieces> pieces;
  SLUICE_TRY(std::size_t used, outbound_.window(pieces));
  if (used == 0) return true;
  SLUICE_TRY(std::size_t n, transport_->try_send(std::span(pieces).first(used)));
  if (n == 0) return false;
  outbound_.sent(n, std::chrono::steady_clock::now());
  return true;
}

Task<void> Stream::drive(Call* call) {
  while (!call->done.is_set()) {
    if (transport_->has_unsent()) {
      SLUICE_CO_CHECK(co_await transport_->writable());
    } else if (!outbound_.is_empty()) {
      SLUICE_CO_TRY(bool went, send_some());
      if (!went) SLUICE_CO_CHECK(co_await transport_->writable());
    } else {
      SLUICE_CO_TRY(bool came, receive_some());
      if (!came) SLUICE_CO_CHECK(co_await transport_->readable());
    }
  }
  co_return Status{};
}

Task<void> Stream::replace_transport(
    std::function<Task<std::unique_ptr<Transport>>(std::unique_ptr<Transport>)> upgrade) {
  if (!inbound_.is_between_frames()) {
    co_return fail(Errc::protocol, "the server sent more before TLS began");
  }
  SLUICE_CO_TRY(transport_, co_await upgrade(std::move(transport_)));
  co_return Status{};
}

Task<void> Stream::receive_loop() {
  auto executor = co_await asio::this_coro::executor;
  int turn = 0;
  for (;;) {
    std::uint64_t completed = inbound_.completed();
    SLUICE_CO_TRY(bool came, receive_some());
    if (!came) {
      SLUICE_CO_CHECK(co_await transport_->readable());
      turn = 0;
    } else if (completed != inbound_.completed() || ++turn == turns) {
      // Those who have been woken run first: what they ask for next leaves with one send.
      co_await asio::post(executor, asio::use_awaitable);
      turn = 0;
    }
  }
}

Task<void> Stream::send_loop() {
  auto executor = co_await asio::this_coro::executor;
  int turn = 0;
  while (!is_closed_) {
    if (transport_->has_unsent()) {
      SLUICE_CO_CHECK(co_await transport_->writable());
      turn = 0;
      continue;
    }
    if (outbound_.is_empty()) {
      wake_.reset();
      co_await wake_.wait();
      turn = 0;
      continue;
    }
    SLUICE_CO_TRY(bool went, send_some());
    if (!went) {
      SLUICE_CO_CHECK(co_await transport_->writable());
      turn = 0;
    } else if (++turn == turns) {
      co_await asio::post(executor, asio::use_awaitable);
      turn = 0;
    }
  }
  co_return fail(Errc::connection, "closed");
}

void Stream::close() {
  is_closed_ = true;
  if (transport_) transport_->close();
  wake_.set();
}

}  // namespace sluice::xroot::client
