// SPDX-License-Identifier: Apache-2.0
// One TCP (or TLS) connection of a session: what arrives goes through Inbound, what leaves through
// Outbound. A session has one stream for all requests and may have more that only bring the data of
// reads.
#pragma once

#include "xroot/client/inbound.h"
#include "xroot/client/outbound.h"
#include "xroot/client/transport.h"

#include <memory>

namespace sluice::xroot::client {

class Stream {
 public:
  Stream(asio::any_io_executor executor, std::unique_ptr<Transport> transport, Calls& calls);

  Transport& transport() { return *transport_; }
  Inbound& inbound() { return inbound_; }

  void send(std::uint16_t id);
  // Requests from now on; see signature.h.
  void sign_with(std::unique_ptr<Signer> signer) { outbound_.sign_with(std::move(signer)); }
  void send_raw(std::vector<std::byte> bytes) { outbound_.push_raw(std::move(bytes)); }

  // Connection start, before the loops run: sends what is queued and receives until `call` has
  // ended.
  Task<void> drive(Call* call);
  // Lets `upgrade` replace the transport, for instance by TLS over it. Only while nothing else uses
  // the stream.
  Task<void> replace_transport(
      std::function<Task<std::unique_ptr<Transport>>(std::unique_ptr<Transport>)> upgrade);

  // Both run until the connection is lost or closed, and say why.
  Task<void> receive_loop();
  Task<void> send_loop();

  // Ends both loops.
  void close();

  Calls::Time last_received() const { return last_received_; }
  // Requests whose answers come over this stream, to spread them evenly.
  std::uint64_t assigned_bytes = 0;

 private:
  // One call of the kernel and what follows from it; false when there is nothing to do now.
  Result<bool> receive_some();
  Result<bool> send_some();

  std::unique_ptr<Transport> transport_;
  Inbound inbound_;
  Outbound outbound_;
  Event wake_;  // there is something to send, or the end
  bool is_closed_ = false;
  Calls::Time last_received_;
};

}  // namespace sluice::xroot::client
