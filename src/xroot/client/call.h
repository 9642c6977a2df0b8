// SPDX-License-Identifier: Apache-2.0
// One request in flight (Call), where the bytes of its answer go (Sink) and where the bytes behind
// it come from (Source). A Call lives in the frame of the coroutine that waits for it. It may be
// destroyed at any time: what still arrives for it is thrown away.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"
#include "xroot/client/event.h"
#include "xroot/protocol.h"
#include "xroot/requests/request.h"

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice::xroot::client {

class Calls;

// Takes the body of an answer, frame by frame. Every function runs inside the receiver: none may
// wait.
class Sink {
 public:
  virtual ~Sink() = default;

  // A frame with `length` bytes of answer begins. An error means that no server that keeps to the
  // protocol would send this; the connection is given up.
  virtual Status begin(std::uint64_t length) = 0;
  // The same for the data behind a kXR_status frame, which start at `offset` of the file.
  virtual Status begin_pages(std::uint64_t offset, std::uint64_t length);
  // Fills `out` with where the next bytes go, `want` bytes at most; returns how many entries it
  // used, at least one.
  virtual std::size_t window(std::span<iovec> out, std::size_t want) = 0;
  // The first n bytes of the window have been filled.
  virtual Status filled(std::size_t n) = 0;
  // The request is sent again from the start; an error when what came before cannot be taken back.
  virtual Status restart() = 0;
};

// The data that follow a request. Spans it hands out stay valid until the Call has ended.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint64_t remaining() const = 0;
  // Fills `out` with the next bytes, about `want` of them; returns how many entries it used.
  virtual std::size_t window(std::span<iovec> out, std::size_t want) = 0;
  // The first n bytes of the window have been sent.
  virtual void sent(std::size_t n) = 0;
};

// What a server answered when it was no error: the answer itself, which is in the Sink, or where or
// when to ask again.
struct Answer {
  enum class Kind : std::uint8_t { ok, redirect, wait, more };
  Kind kind = Kind::ok;
  std::vector<std::byte> body;   // of redirect and more (kXR_authmore)
  Duration pause = Duration(0);  // of wait
};

class Call {
 public:
  Call(asio::any_io_executor executor, EncodedRequest encoded, Sink& answer_sink)
      : request(std::move(encoded)), sink(&answer_sink), done(std::move(executor)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  EncodedRequest request;
  Sink* sink;
  Source* source = nullptr;
  bool counts_source = true;        // in the length of the header; kXR_writev does not
  bool breaks_when_late = false;    // a late answer means a dead server, not a slow operation
  Duration patience = Duration(0);  // longest time without progress
  Duration may_wait = Duration(0);  // sum of what kXR_waitresp may add to it

  Event done;
  Result<Answer> answer = fail(Errc::cancelled, "not answered");
  bool was_sent = false;  // a part of it at least: the server may have acted on it

 private:
  friend class Calls;
  Calls* calls_ = nullptr;
  std::uint16_t slot_ = 0;
};

// An answer of bounded size, kept as it is.
class TextSink final : public Sink {
 public:
  explicit TextSink(std::size_t limit) : limit_(limit) {}

  ByteView bytes() const { return ByteView(bytes_).first(filled_); }
  std::string text() const;  // without the NULs that end it

  Status begin(std::uint64_t length) override;
  Status begin_pages(std::uint64_t offset, std::uint64_t length) override;
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  Status filled(std::size_t n) override;
  Status restart() override;

 private:
  std::size_t limit_;
  std::size_t filled_ = 0;
  std::uint64_t announced_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace sluice::xroot::client
