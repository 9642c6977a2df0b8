// SPDX-License-Identifier: Apache-2.0
// Cuts the bytes of a server into answers without keeping them: headers are collected, bodies are
// handed on in pieces or, where nobody looks at them, may be dropped unseen in the kernel. Pure:
// knows no socket.
#pragma once

#include "base/bytes.h"
#include "xroot/protocol.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::cli::bench {

struct Answer {
  std::uint16_t stream = 0;
  xroot::ResponseStatus status{};
  bool last = true;          // no further part of this answer follows
  bool header_valid = true;  // the CRC32C of a kXR_status header was right (always true for others)
  std::uint64_t length = 0;  // bytes of data behind the header
  std::uint64_t offset = 0;  // of the data in the file; kXR_status only
};

class AnswerVisitor {
 public:
  virtual void on_data(const Answer& answer, ByteView piece) = 0;
  virtual void on_end(const Answer& answer) = 0;

 protected:
  ~AnswerVisitor() = default;
};

class AnswerParser {
 public:
  // False once the peer sent a length or status that no server may send; the connection is useless
  // then.
  [[nodiscard]] bool consume(ByteView bytes, AnswerVisitor& visitor);

  // How many of the next bytes are data of the current answer; they may be left out with drop().
  std::uint64_t data_ahead() const { return in_data_ ? data_left_ : 0; }
  // Bytes of the next header that have not come yet; `paged`: kXR_status is what is expected.
  std::size_t header_missing(bool paged) const {
    const std::size_t size = xroot::response_header_size + (paged ? status_body : 0);
    return in_data_ ? size : std::max(size, want_) - have_;
  }
  void drop(std::uint64_t n, AnswerVisitor& visitor);

  const Answer& current() const { return answer_; }

 private:
  static constexpr std::size_t status_body = 24;  // CRC, stream, kind, length, offset
  static constexpr std::uint64_t max_data = std::uint64_t{2} << 30;

  bool take_header(ByteView& bytes, AnswerVisitor& visitor);
  bool read_plain_header();
  void read_status_body();
  void take_data(std::uint64_t n, AnswerVisitor& visitor);

  std::array<std::byte, xroot::response_header_size + status_body> header_{};
  std::size_t have_ = 0;
  std::size_t want_ = xroot::response_header_size;
  std::uint64_t data_left_ = 0;
  bool in_data_ = false;
  Answer answer_;
};

}  // namespace sluice::cli::bench
