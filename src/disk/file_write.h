// SPDX-License-Identifier: Apache-2.0
// What the handlers of writes share: moving data of a request into a file, and the end of such a
// request.
#pragma once

#include "disk/data_requests.h"
#include "xroot/server/channel.h"
#include "xroot/server/handler.h"

#include <sys/uio.h>

#include <chrono>
#include <span>

namespace sluice::disk {

// Notices that writes to the page cache began to wait for the disk (the kernel throttles whoever
// makes dirty pages faster than they can be written) and sends the next ones to the blocking pool.
class SlowDisk {
 public:
  using Clock = std::chrono::steady_clock;

  SlowDisk(Service& service, const OpenFile& file);

  // Where the next turn's data are to be written: nullptr is here.
  BlockingPool* elsewhere();
  void note(Clock::duration spent);

 private:
  static constexpr auto patience = std::chrono::milliseconds(5);
  static constexpr unsigned turns_elsewhere = 32;

  BlockingPool* blocking_;
  bool always_;
  unsigned slow_turns_ = 0;
};

Status write_all(const OpenFile& file, std::uint64_t offset, ByteView bytes);
// The pieces one behind the other from `offset` on. A page that is wrong counts in the running checksum as well: sent
// again it is out of order, which ends that.
Status write_pages(OpenFile& file, std::uint64_t offset, std::span<const iovec> pieces);

// Takes `size` bytes of a body in turns: `take(Workspace&)` takes a piece of what is there without waiting, writes it and
// says how many bytes that was, 0 when nothing was there.
template <class Take>
Task<void> take_in_turns(Service* service, xroot::server::Body* body,
                         std::shared_ptr<OpenFile> file, std::uint64_t size, Take take) {
  SlowDisk disk(*service, *file);
  const std::uint64_t turn = service->config.turn.count;
  auto take_turn = [&](net::Workspace& space) -> Result<std::size_t> {
    std::size_t moved = 0;
    while (moved < turn && moved < size) {
      auto begin = SlowDisk::Clock::now();
      SLUICE_TRY(std::size_t n, take(space));
      disk.note(SlowDisk::Clock::now() - begin);
      if (n == 0) break;
      moved += n;
    }
    return moved;
  };
  xroot::server::Channel& channel = body->channel();
  while (size > 0) {
    SLUICE_CO_TRY(std::size_t moved,
                  co_await channel.socket.loop().bulk(take_turn, disk.elsewhere()));
    size -= moved;
    if (size == 0) break;
    co_await channel.pace(moved, turn);
    if (moved < turn) SLUICE_CO_CHECK(co_await body->readable());
  }
  co_return Status{};
}

// Moves `size` bytes of the body to `offset`. After an error what is left of the body is still to
// be taken.
Task<void> stream_to_file(Service* service, xroot::server::Body* body,
                          std::shared_ptr<OpenFile> file, std::uint64_t offset, std::uint64_t size);

// Answers a write; an error of the connection comes back as such.
asio::awaitable<Status> end_write(Service* service, xroot::server::Exchange exchange,
                                  std::shared_ptr<OpenFile> file, Status result);

// Takes the data of a request that cannot be served and answers with the error.
asio::awaitable<Status> refuse_data(xroot::server::Exchange exchange, std::uint64_t size,
                                    Error error);

}  // namespace sluice::disk
