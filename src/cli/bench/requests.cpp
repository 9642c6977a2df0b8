// SPDX-License-Identifier: Apache-2.0
// The request structs of the protocol library behind a header; only what a request with data needs
// is added here.
#include "cli/bench/requests.h"

#include "xroot/requests/auth.h"
#include "xroot/requests/close.h"
#include "xroot/requests/login.h"
#include "xroot/requests/open.h"
#include "xroot/requests/pgread.h"
#include "xroot/requests/pgwrite.h"
#include "xroot/requests/ping.h"
#include "xroot/requests/protocol.h"
#include "xroot/requests/read.h"
#include "xroot/requests/readv.h"
#include "xroot/requests/rm.h"
#include "xroot/requests/stat.h"
#include "xroot/requests/write.h"

#include <unistd.h>

#include <algorithm>

namespace sluice::cli::bench {

namespace {

void put_header(Buffer& out, std::uint16_t stream, const xroot::EncodedRequest& request,
                std::uint64_t length) {
  xroot::RequestHeader header{{}, request.id, request.fixed, static_cast<std::int32_t>(length)};
  store_be<std::uint16_t>(header.stream, stream);
  const std::size_t at = out.size();
  out.resize(at + xroot::request_header_size);
  header.encode(ByteSpan(out).subspan(at).first<xroot::request_header_size>());
}

void put(Buffer& out, std::uint16_t stream, const xroot::EncodedRequest& request) {
  put_header(out, stream, request, request.payload.size());
  Writer(out).bytes(request.payload);
}

void put_open(Buffer& out, std::uint16_t stream, std::string_view path,
              const xroot::OpenFlags& flags) {
  xroot::Open open;
  open.mode = 0644;
  open.flags = flags;
  open.path = path;
  put(out, stream, open.encode());
}

}  // namespace

void put_hello(Buffer& out, bool tls) {
  for (const std::int32_t word : xroot::hello_words) Writer(out).be(word);
  xroot::Protocol protocol;
  protocol.flags.can_tls = protocol.flags.want_tls = tls;
  protocol.expect = xroot::Expect::login;
  put(out, 0, protocol.encode());
}

void put_login(Buffer& out) {
  xroot::Login login;
  login.pid = ::getpid();
  login.set_user_name(user_name);
  put(out, 0, login.encode());
}

void put_credential(Buffer& out, std::string_view method, ByteView credential) {
  xroot::Auth auth;
  std::ranges::copy(method.substr(0, auth.method.size()), auth.method.begin());
  auth.credential = credential;
  put(out, 0, auth.encode());
}

void put_ping(Buffer& out, std::uint16_t stream) { put(out, stream, xroot::Ping{}.encode()); }

void put_stat(Buffer& out, std::uint16_t stream, std::string_view path) {
  xroot::Stat stat;
  stat.path = path;
  put(out, stream, stat.encode());
}

void put_open_to_read(Buffer& out, std::uint16_t stream, std::string_view path) {
  put_open(out, stream, path, {.read = true, .return_stat = true});
}

void put_open_to_write(Buffer& out, std::uint16_t stream, std::string_view path) {
  put_open(out, stream, path,
           {.overwrite = true, .update = true, .make_path = true, .return_stat = true});
}

void put_open_new(Buffer& out, std::uint16_t stream, std::string_view path) {
  put_open(out, stream, path, {.create = true, .update = true, .make_path = true});
}

void put_remove(Buffer& out, std::uint16_t stream, std::string_view path) {
  xroot::Rm rm;
  rm.path = path;
  put(out, stream, rm.encode());
}

void put_close(Buffer& out, std::uint16_t stream, std::uint32_t handle) {
  put(out, stream, xroot::Close{handle}.encode());
}

void put_read(Buffer& out, std::uint16_t stream, std::uint32_t handle, Extent extent) {
  put(out, stream, xroot::Read{handle, extent.offset, extent.length, 0, {}}.encode());
}

void put_pgread(Buffer& out, std::uint16_t stream, std::uint32_t handle, Extent extent) {
  put(out, stream, xroot::Pgread{handle, extent.offset, extent.length, 0, false}.encode());
}

void put_readv(Buffer& out, std::uint16_t stream, std::uint32_t handle,
               std::span<const Extent> extents) {
  std::vector<xroot::VectorItem> items;
  items.reserve(extents.size());
  for (const Extent& extent : extents) items.push_back({handle, extent.length, extent.offset});
  put(out, stream, xroot::Readv::encode(items));
}

void put_write(Buffer& out, std::uint16_t stream, std::uint32_t handle, std::uint64_t offset,
               std::uint64_t length) {
  put_header(out, stream, xroot::Write{handle, offset, 0}.encode(), length);
}

void put_pgwrite(Buffer& out, std::uint16_t stream, std::uint32_t handle, std::uint64_t offset,
                 std::uint64_t length) {
  put_header(out, stream, xroot::Pgwrite{handle, offset, 0, false}.encode(), length);
}

}  // namespace sluice::cli::bench
