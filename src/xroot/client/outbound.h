// SPDX-License-Identifier: Apache-2.0
// The requests that wait to be sent on one connection, in order, as one gather list: header,
// payload, data. It does no I/O: window() says what to send next, sent() how much of it went out.
// Nothing is copied.
#pragma once

#include "xroot/client/calls.h"
#include "xroot/signature.h"

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::xroot::client {

class Outbound {
 public:
  explicit Outbound(Calls& calls) : calls_(calls) {}

  // Bytes in front of all requests: the hello.
  void push_raw(std::vector<std::byte> bytes) { raw_ = std::move(bytes); }
  // What should be signed and cannot be breaks the connection at the next window().
  void push(std::uint16_t id);
  // From now on; null: nothing is signed.
  void sign_with(std::unique_ptr<Signer> signer) { signer_ = std::move(signer); }
  bool is_empty() const { return raw_.empty() && queue_.empty(); }

  // Fills `out` with the next bytes to send; returns how many entries it used, 0 when there is
  // nothing. An error means that a request was given up when a part of it had been sent, so that
  // nothing sensible can follow on this connection.
  Result<std::size_t> window(std::span<iovec> out);
  // The first n bytes of the window have been sent.
  void sent(std::size_t n, Calls::Time now);

 private:
  struct Entry {
    std::uint16_t id = 0;
    bool is_started = false;
    std::size_t head_sent = 0;  // bytes of head and payload
    // The header of the request, behind its signature if it has one.
    boost::container::small_vector<std::byte, request_header_size> head;
  };

  void drop_abandoned();

  Calls& calls_;
  std::unique_ptr<Signer> signer_;
  std::optional<Error> unsigned_;  // why a request could not be signed
  std::vector<std::byte> raw_;
  std::size_t raw_sent_ = 0;
  std::deque<Entry> queue_;
};

}  // namespace sluice::xroot::client
