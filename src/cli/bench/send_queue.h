// SPDX-License-Identifier: Apache-2.0
// What a connection still has to send: requests as bytes, the data of writes as pieces of a memfd
// that sendfile takes without copying. Requests queued between two flushes leave in one send.
#pragma once

#include "base/bytes.h"
#include "cli/bench/payload.h"
#include "net/tls_stream.h"

#include <cstdint>
#include <vector>

namespace sluice::cli::bench {

class SendQueue {
 public:
  enum class Outcome : std::uint8_t { done, blocked, broken };

  // Requests are appended here.
  std::vector<std::byte>& text() { return text_; }
  void add(Source source);
  void clear();

  // `tls`: over it; null: in clear.
  Outcome flush(int socket, net::TlsStream* tls);

 private:
  // A piece goes out when the text before `at` is gone.
  struct Piece {
    std::size_t at;
    Source source;
  };

  Outcome flush_all();
  Outcome send_text(std::size_t end, bool more_follows);
  Outcome send_piece(Source& source);

  int socket_ = -1;  // while flush() lasts
  net::TlsStream* tls_ = nullptr;

  std::vector<std::byte> text_;
  std::size_t sent_ = 0;
  std::vector<Piece> pieces_;
  std::size_t next_piece_ = 0;
};

}  // namespace sluice::cli::bench
