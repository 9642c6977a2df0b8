// SPDX-License-Identifier: Apache-2.0
// The buffers that bulk data and batches of answers are worked in. They belong to threads, not to connections: every
// loop has one, every thread that moves bulk data beside the loops another. What is in them is lost when their user
// waits.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"

#include <cstddef>
#include <memory>

namespace sluice::net {

class Workspace {
 public:
  // The in buffer takes what one receive brings, the out buffer what is sent at once: both stay in
  // a core's second-level cache (1 MiB where this was measured). The pipe is for splice and holds
  // its default of 64 KiB or up to 1 MiB.
  static constexpr std::size_t in_size = 256 << 10;
  static constexpr std::size_t out_size = 288 << 10;

  Workspace();

  // That of the calling thread, made at its first use; loops have their own.
  static Workspace& of_thread();

  ByteSpan in() { return {in_.get(), in_size}; }
  ByteSpan out() { return {out_.get(), out_size}; }

  struct Pipe {
    Fd read, write;
    std::size_t capacity = 0;
  };
  Pipe& pipe() { return pipe_; }
  // A new pipe in place of one that could not be emptied.
  void renew_pipe();

 private:
  std::unique_ptr<std::byte[]> in_, out_;
  Pipe pipe_;
};

}  // namespace sluice::net
