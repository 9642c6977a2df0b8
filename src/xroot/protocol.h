// SPDX-License-Identifier: Apache-2.0
// Numbers of the xroot protocol 5.2.0 that more than one request shares: hello, frames, statuses,
// flags, limits. Request numbers stand with their requests (requests/), error numbers in
// base/errors.def; no other file may hold one.
#pragma once

#include "base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::xroot {

inline constexpr std::uint32_t protocol_version = 0x0520;
inline constexpr std::uint16_t default_port = 1094;

// Connection start: five int32 from the client, an ordinary response frame with 8 bytes from the
// server.
inline constexpr std::size_t hello_size = 20;
inline constexpr std::array<std::int32_t, 5> hello_words = {0, 0, 0, 4, 2012};

inline constexpr std::size_t request_header_size = 24;
inline constexpr std::size_t response_header_size = 8;

using StreamId = std::array<std::byte, 2>;    // opaque to the server, echoed
using SessionId = std::array<std::byte, 16>;  // given at login, used by bind and endsess

enum class ResponseStatus : std::uint16_t {
  ok = 0,
  oksofar = 4000,
  attn = 4001,
  authmore = 4002,
  error = 4003,
  redirect = 4004,
  wait = 4005,
  waitresp = 4006,
  status = 4007,
};

// Of extended attributes, bytes.
inline constexpr std::size_t max_attribute_name = 248;
inline constexpr std::size_t max_attribute_value = 65'536;

// Action codes inside a kXR_attn body.
inline constexpr std::int32_t attn_asyncms = 5002;
inline constexpr std::int32_t attn_asynresp = 5008;

// Flags of the answer to kXR_protocol.
namespace server_flag {
inline constexpr std::uint32_t is_server = 0x00000001;
inline constexpr std::uint32_t is_manager = 0x00000002;
inline constexpr std::uint32_t supports_posc = 0x00100000;
inline constexpr std::uint32_t supports_pages = 0x00200000;
inline constexpr std::uint32_t tls_data = 0x01000000;
inline constexpr std::uint32_t tls_login = 0x04000000;
inline constexpr std::uint32_t tls_session = 0x08000000;
inline constexpr std::uint32_t tls_tpc = 0x10000000;
inline constexpr std::uint32_t goto_tls = 0x40000000;
inline constexpr std::uint32_t have_tls = 0x80000000;
}  // namespace server_flag

// Pages of pgread and pgwrite: up to 4096 bytes of data, cut at multiples of 4096 of the file
// offset, each after its CRC32C.
inline constexpr std::size_t page_size = 4096;
inline constexpr std::size_t page_unit = page_size + 4;

// Limits (what we accept; also what kXR_query config tells).
inline constexpr std::size_t max_path = 4096;
inline constexpr std::size_t max_opaque = 16384;
inline constexpr std::size_t max_vector_items = 1024;
inline constexpr std::size_t max_vector_item_bytes = 2097136;  // 2 MiB - 16
inline constexpr std::size_t max_error_text = 2048;

// Modes of files and directories are the nine rwx bits; others are ignored.
inline constexpr std::uint16_t permission_mask = 0777;

// The first 24 bytes of every request.
struct RequestHeader {
  StreamId stream;
  std::uint16_t id;
  std::array<std::byte, 16> body;  // meaning depends on the request
  std::int32_t length;             // bytes that follow

  static RequestHeader decode(std::span<const std::byte, request_header_size> in) {
    RequestHeader header{};
    header.stream = {in[0], in[1]};
    header.id = load_be<std::uint16_t>(in.subspan<2, 2>());
    for (std::size_t i = 0; i < 16; ++i) header.body[i] = in[4 + i];
    header.length = load_be<std::int32_t>(in.subspan<20, 4>());
    return header;
  }
  void encode(std::span<std::byte, request_header_size> out) const {
    out[0] = stream[0];
    out[1] = stream[1];
    store_be(out.subspan<2, 2>(), id);
    for (std::size_t i = 0; i < 16; ++i) out[4 + i] = body[i];
    store_be(out.subspan<20, 4>(), length);
  }
};

// The first 8 bytes of every response.
struct ResponseHeader {
  StreamId stream;
  ResponseStatus status;
  std::int32_t length;  // bytes that follow; for kXR_status the data after the CRC-protected part
                        // are not counted

  static ResponseHeader decode(std::span<const std::byte, response_header_size> in) {
    return {{in[0], in[1]},
            static_cast<ResponseStatus>(load_be<std::uint16_t>(in.subspan<2, 2>())),
            load_be<std::int32_t>(in.subspan<4, 4>())};
  }
  void encode(std::span<std::byte, response_header_size> out) const {
    out[0] = stream[0];
    out[1] = stream[1];
    store_be(out.subspan<2, 2>(), static_cast<std::uint16_t>(status));
    store_be(out.subspan<4, 4>(), length);
  }
};

}  // namespace sluice::xroot
