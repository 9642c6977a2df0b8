// SPDX-License-Identifier: Apache-2.0
#include "net/workspace.h"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace sluice::net {

Workspace::Workspace()
    : in_(std::make_unique_for_overwrite<std::byte[]>(in_size)),
      out_(std::make_unique_for_overwrite<std::byte[]>(out_size)) {
  renew_pipe();
}

Workspace& Workspace::of_thread() {
  thread_local Workspace workspace;
  return workspace;
}

void Workspace::renew_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("cannot make a pipe");
  pipe_.read = Fd(ends[0]);
  pipe_.write = Fd(ends[1]);
  // The larger the pipe, the fewer system calls per MiB; unprivileged processes may be limited to
  // less.
  int size = ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  if (size < 0) size = ::fcntl(ends[1], F_GETPIPE_SZ);
  pipe_.capacity = size > 0 ? static_cast<std::size_t>(size) : 65536;
}

}  // namespace sluice::net
