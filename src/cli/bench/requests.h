// SPDX-License-Identifier: Apache-2.0
// The requests the generator sends, appended to a buffer. `stream` is the number of the slot that
// awaits the answer.
#pragma once

#include "base/bytes.h"
#include "cli/bench/pattern.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sluice::cli::bench {

using Buffer = std::vector<std::byte>;

// What the generator calls itself.
inline constexpr std::string_view user_name = "bench";

void put_hello(Buffer& out,
               bool tls);  // the 20 bytes and kXR_protocol behind them, as every client sends it
void put_login(Buffer& out);
void put_credential(Buffer& out, std::string_view method, ByteView credential);
void put_ping(Buffer& out, std::uint16_t stream);
void put_stat(Buffer& out, std::uint16_t stream, std::string_view path);
void put_open_to_read(Buffer& out, std::uint16_t stream, std::string_view path);
void put_open_to_write(Buffer& out, std::uint16_t stream, std::string_view path);
void put_open_new(Buffer& out, std::uint16_t stream, std::string_view path);
void put_remove(Buffer& out, std::uint16_t stream, std::string_view path);
void put_close(Buffer& out, std::uint16_t stream, std::uint32_t handle);
void put_read(Buffer& out, std::uint16_t stream, std::uint32_t handle, Extent extent);
void put_pgread(Buffer& out, std::uint16_t stream, std::uint32_t handle, Extent extent);
void put_readv(Buffer& out, std::uint16_t stream, std::uint32_t handle,
               std::span<const Extent> extents);
// Only the header; `length` bytes of data must follow.
void put_write(Buffer& out, std::uint16_t stream, std::uint32_t handle, std::uint64_t offset,
               std::uint64_t length);
void put_pgwrite(Buffer& out, std::uint16_t stream, std::uint32_t handle, std::uint64_t offset,
                 std::uint64_t length);

}  // namespace sluice::cli::bench
