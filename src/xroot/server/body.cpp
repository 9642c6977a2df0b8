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

Task<ByteView> Body::piece(std::size_t max) {
  if (ByteView parked = take_parked(max); !parked.empty()) co_return parked;
  net::Socket& socket = channel_->socket;
  for (;;) {
    std::uint64_t want = std::min<std::uint64_t>({left_, max, net::Loop::in_size});
    SLUICE_CO_TRY(std::size_t n, socket.try_receive(socket.loop().in().first(want)));
    if (n != 0) {
      left_ -= n;
      co_return socket.loop().in().first(n);
    }
    SLUICE_CO_CHECK(co_await socket.readable());
  }
}

Task<ByteView> Body::piece_after(ByteView carried) {
  std::size_t room = net::Loop::in_size - carried.size();
  net::Socket& socket = channel_->socket;
  for (;;) {
    ByteSpan in = socket.loop().in();
    ByteView parked = take_parked(room);
    std::size_t n = parked.size();
    if (n != 0) {
      std::memmove(in.data() + carried.size(), parked.data(),
                   n);  // they may sit in the same buffer
    } else {
      SLUICE_CO_TRY(
          n, socket.try_receive(in.subspan(carried.size(), std::min<std::uint64_t>(left_, room))));
      left_ -= n;
    }
    if (n != 0) {
      if (!carried.empty()) std::memcpy(in.data(), carried.data(), carried.size());
      co_return in.first(carried.size() + n);
    }
    SLUICE_CO_CHECK(co_await socket.readable());
  }
}

Task<std::size_t> Body::splice(int file, std::uint64_t offset, std::uint64_t max,
                               std::chrono::steady_clock::time_point* begin) {
  if (ByteView parked = take_parked(max); !parked.empty()) {
    for (std::size_t done = 0; done < parked.size();) {
      ssize_t n = ::pwrite(file, parked.data() + done, parked.size() - done,
                           static_cast<off_t>(offset + done));
      if (n < 0) co_return fail_errno(errno, "write");
      done += static_cast<std::size_t>(n);
    }
    co_return parked.size();
  }
  net::Socket& socket = channel_->socket;
  net::Loop::Pipe& pipe = socket.loop().pipe();
  ssize_t in = 0;
  for (;;) {
    in = ::splice(socket.fd(), nullptr, pipe.write.get(), nullptr,
                  std::min<std::uint64_t>({left_, max, pipe.capacity}),
                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (in > 0) break;
    if (in == 0) co_return fail(Errc::connection, "closed by the peer");
    if (errno != EAGAIN && errno != EINTR) co_return fail(Errc::connection, "splice failed");
    SLUICE_CO_CHECK(co_await socket.readable());
  }
  left_ -= static_cast<std::uint64_t>(in);
  auto position = static_cast<loff_t>(offset);
  *begin = std::chrono::steady_clock::now();
  for (ssize_t done = 0; done < in;) {
    ssize_t n = ::splice(pipe.read.get(), nullptr, file, &position,
                         static_cast<std::size_t>(in - done), SPLICE_F_MOVE);
    if (n <= 0) {
      int error = n == 0 ? EIO : errno;
      socket.loop().renew_pipe();  // what could not be written must not reach the next file
      co_return fail_errno(error, "write");
    }
    done += n;
  }
  co_return static_cast<std::size_t>(in);
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
