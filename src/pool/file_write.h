// SPDX-License-Identifier: Apache-2.0
// What the handlers of writes share: moving data of a request into a file, and the end of such a
// request.
#pragma once

#include "pool/export_service.h"
#include "xroot/server/channel.h"
#include "xroot/server/handler.h"

#include <sys/uio.h>

#include <chrono>
#include <span>

namespace sluice::pool {

inline constexpr std::uint64_t write_piece = 256 << 10;  // per system call; see docs/decisions/0007

// Notices that writes to the page cache began to wait for the disk (the kernel throttles whoever
// makes dirty pages faster than they can be written) and sends the next ones to the blocking pool.
class SlowDisk {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr auto patience = std::chrono::milliseconds(5);
  static constexpr unsigned pieces_elsewhere = 32;

  bool note(Clock::duration spent);
  // True: the next piece should not be written on the loop.
  bool take_piece() { return slow_pieces_ != 0 && slow_pieces_-- != 0; }

 private:
  unsigned slow_pieces_ = 0;
};

Status write_all(const OpenFile& file, std::uint64_t offset, ByteView bytes);
// The pieces one behind the other from `offset` on; they feed no checksum, since pages may be
// wrong.
Status write_pages(OpenFile& file, std::uint64_t offset, std::span<const iovec> pieces);
Task<void> write_in_pool(BlockingPool* pool, std::shared_ptr<OpenFile> file, std::uint64_t offset,
                         std::vector<std::byte> bytes);

// Moves `size` bytes of the body to `offset`. After an error what is left of the body is still to
// be taken.
Task<void> stream_to_file(ExportService* service, xroot::server::Body* body,
                          std::shared_ptr<OpenFile> file, std::uint64_t offset, std::uint64_t size);

// Answers a write; an error of the connection comes back as such.
asio::awaitable<Status> end_write(ExportService* service, xroot::server::Exchange exchange,
                                  std::shared_ptr<OpenFile> file, Status result);

// Takes the data of a request that cannot be served and answers with the error.
asio::awaitable<Status> refuse_data(xroot::server::Exchange exchange, std::uint64_t size,
                                    Error error);

}  // namespace sluice::pool
