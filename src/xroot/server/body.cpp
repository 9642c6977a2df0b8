// SPDX-License-Identifier: Apache-2.0
#include "xroot/server/channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::xroot::server {

ByteView Body::take_parked(std::size_t max) {
  std::uint64_t n = std::min<std::uint64_t>({channel_->in.bytes().size(), left_, max});
  ByteView head = channel_->in.bytes().first(n);
  channel_->in.consume(n);
  left_ -= n;
  return head;
}

Result<std::size_t> Body::try_receive(ByteSpan into) {
  if (ByteView parked = take_parked(into.size()); !parked.empty()) {
    std::memcpy(into.data(), parked.data(), parked.size());
    return parked.size();
  }
  SLUICE_TRY(std::size_t n,
             channel_->socket.try_receive(into.first(std::min<std::uint64_t>(left_, into.size()))));
  left_ -= n;
  return n;
}

Task<std::size_t> Body::receive(ByteSpan into) {
  for (;;) {
    SLUICE_CO_TRY(std::size_t n, try_receive(into));
    if (n != 0) co_return n;
    SLUICE_CO_CHECK(co_await readable());
  }
}

namespace {

Result<std::size_t> write_out(int file, std::uint64_t offset, ByteView bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t n =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0) return fail_errno(errno, "write");
    done += static_cast<std::size_t>(n);
  }
  return bytes.size();
}

}  // namespace

Result<std::size_t> Body::try_splice(net::Workspace& space, int file, std::uint64_t offset,
                                     std::uint64_t max) {
  if (ByteView parked = take_parked(max); !parked.empty()) return write_out(file, offset, parked);
  if (channel_->socket.is_encrypted()) {
    SLUICE_TRY(std::size_t n, try_receive(space.in().first(std::min(max, space.in().size()))));
    return write_out(file, offset, space.in().first(n));
  }
  net::Workspace::Pipe& pipe = space.pipe();
  ssize_t in = ::splice(channel_->socket.fd(), nullptr, pipe.write.get(), nullptr,
                        std::min<std::uint64_t>({left_, max, pipe.capacity}),
                        SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (in == 0) return fail(Errc::connection, "closed by the peer");
  if (in < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (in < 0) return fail(Errc::connection, "splice failed");
  left_ -= static_cast<std::uint64_t>(in);
  auto position = static_cast<loff_t>(offset);
  for (ssize_t done = 0; done < in;) {
    ssize_t n = ::splice(pipe.read.get(), nullptr, file, &position,
                         static_cast<std::size_t>(in - done), SPLICE_F_MOVE);
    if (n <= 0) {
      int error = n == 0 ? EIO : errno;
      space.renew_pipe();  // what could not be written must not reach the next file
      return fail_errno(error, "write");
    }
    done += n;
  }
  return static_cast<std::size_t>(in);
}

Task<void> Body::discard() {
  while (left_ > 0) {
    if (ByteView parked = take_parked(left_); !parked.empty()) continue;
    SLUICE_CO_TRY(std::size_t n,
                  channel_->socket.try_discard(std::min<std::uint64_t>(left_, 1 << 20)));
    left_ -= n;
    if (n == 0) {
      SLUICE_CO_CHECK(co_await channel_->socket.readable());
    }
    co_await channel_->pace(n, 1 << 20);
  }
  co_return Status{};
}

}  // namespace sluice::xroot::server
