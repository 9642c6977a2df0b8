// SPDX-License-Identifier: Apache-2.0
// Takes a server's byte stream apart: frames, their parts and their status, and gives each body to
// the Sink of its Call. It does no I/O: window() says where the next bytes go, received() what
// became of them. File data is received straight into the caller's memory; all else goes through
// one buffer of fixed size, however much the server announces.
#pragma once

#include "xroot/client/calls.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::xroot::client {

class Inbound {
 public:
  explicit Inbound(Calls& calls);

  // Fills `out` with where to receive; returns how many entries it used.
  std::size_t window(std::span<iovec> out);
  // The first n bytes of the window have been filled. An error means that the connection is of no
  // use any more.
  Status received(std::size_t n, Calls::Time now);

  // Answers completed so far: when it changes, somebody has been woken.
  std::uint64_t completed() const { return completed_; }
  // True when no byte of another frame has been received, which TLS needs to begin.
  bool is_between_frames() const { return state_ == State::header && staged() == 0; }

  // Called with the text of kXR_attn/asyncms, a message for the user.
  std::function<void(std::string_view)> on_message;

 private:
  enum class State : std::uint8_t { header, attention, nested, status, collect, body, drain };

  std::size_t staged() const { return end_ - begin_; }
  ByteView take(std::size_t n);
  Status parse();
  Status on_header(ResponseHeader header);
  Status on_attention();
  Status on_nested();
  Status on_answer(ResponseHeader header);
  Status on_status_frame();
  Status on_collected();
  Status begin_body(std::uint64_t length, bool is_pages, std::uint64_t offset);
  // Moves staged bytes into the sink.
  Status feed();
  Status end_body();
  void finish(Result<Answer> answer);
  void collect(std::uint64_t length);

  // The sink of the current answer; null when nobody waits for it any more.
  Sink* sink() const;

  Calls& calls_;
  std::vector<std::byte> staging_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  State state_ = State::header;
  ResponseHeader frame_{};       // of the current answer; inside kXR_attn the embedded one
  std::uint16_t id_ = 0;         // its stream id as a number
  std::uint64_t remaining_ = 0;  // bytes of the current body, or to be thrown away
  bool is_final_ = false;        // the body ends the answer
  bool is_message_ = false;      // what is collected is an asyncms
  std::size_t offered_ = 0;      // bytes of the last window that belong to the sink
  std::vector<std::byte> collected_;
  Calls::Time now_{};
  std::uint64_t completed_ = 0;
};

}  // namespace sluice::xroot::client
