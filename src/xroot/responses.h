// SPDX-License-Identifier: Apache-2.0
// Bodies of answers, both ways: the server encodes them, the client decodes them. encode() appends
// to the caller's buffer behind the 8-byte response header; decode() takes a whole body, and its
// texts are views into that body. Errors of decode() are Errc::protocol: the peer is a server that
// does not keep to the protocol.
#pragma once

#include "base/bytes.h"
#include "xroot/protocol.h"
#include "xroot/signing_rules.h"
#include "xroot/stat_text.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::xroot {

using Body = std::vector<std::byte>;

// --- connection start
// -------------------------------------------------------------------------------------------------

void encode_hello(std::span<std::byte, hello_size> out);
// False: the peer speaks something else (TLS, HTTP, a scanner) and gets no answer.
bool is_hello(std::span<const std::byte, hello_size> in);

struct HelloAnswer {
  std::uint32_t version = protocol_version;
  bool is_data_server = true;  // else a manager (door)

  bool operator==(const HelloAnswer&) const = default;
  static Result<HelloAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

struct ProtocolAnswer {
  std::uint32_t version = protocol_version;
  std::uint32_t flags = 0;              // server_flag::*
  std::optional<SigningRules> signing;  // the 'B' block, which nobody sends, is skipped

  bool operator==(const ProtocolAnswer&) const = default;
  static Result<ProtocolAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

struct LoginAnswer {
  SessionId session{};
  std::string_view security;  // "&P=..." (security_token.h); empty: no authentication

  bool operator==(const LoginAnswer&) const = default;
  static Result<LoginAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

struct BindAnswer {
  std::uint8_t path_id = 0;

  bool operator==(const BindAnswer&) const = default;
  static Result<BindAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// --- files
// ------------------------------------------------------------------------------------------------------------

struct OpenAnswer {
  std::uint32_t handle = 0;
  std::optional<FileStat> stat;  // when the request had return_stat

  bool operator==(const OpenAnswer&) const = default;
  static Result<OpenAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// Answer to kXR_chkpoint query.
struct CheckpointAnswer {
  std::uint32_t max_bytes = 0;
  std::uint32_t used_bytes = 0;

  bool operator==(const CheckpointAnswer&) const = default;
  static Result<CheckpointAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// The body of kXR_status, which pgread and pgwrite answer with. `data_length` bytes follow that the
// length in the response header does not count: pages for pgread, a BadPages body (or nothing) for
// pgwrite.
struct PageStatus {
  static constexpr std::size_t wire_size = 24;
  enum class Part : std::uint8_t { last = 0, partial = 1, progress = 2 };

  StreamId stream{};
  std::uint16_t request = 0;  // number of the request that is answered
  Part part = Part::last;
  std::uint32_t data_length = 0;  // bytes that follow, the CRCs of pages counted
  std::uint64_t offset = 0;       // in the file, of the data that follow

  bool operator==(const PageStatus&) const = default;
  // Errc::checksum when the CRC of the header is wrong.
  static Result<PageStatus> decode(std::span<const std::byte, wire_size> body);
  void encode(std::span<std::byte, wire_size> out) const;
  void encode(Body& out) const;
};

// Data of the answer to a pgwrite with pages whose CRC was wrong.
struct BadPages {
  static constexpr std::size_t max_in_request = 128;
  static constexpr std::size_t max_open = 256;  // of one file

  std::uint16_t first_length = 0;      // bytes of data in the first page of the list
  std::uint16_t last_length = 0;       // and in the last one
  std::vector<std::uint64_t> offsets;  // in the file

  bool operator==(const BadPages&) const = default;
  static Result<BadPages> decode(ByteView body);
  void encode(Body& out) const;
};

// --- metadata
// ---------------------------------------------------------------------------------------------------------

// The answers whose body is text with a NUL at its end: stat, query, prepare. Anything at the end
// that is NUL is cut.
void encode_text(Body& out, std::string_view text);
std::string_view decode_text(ByteView body);

struct Location {
  bool is_manager = false;
  bool is_pending = false;  // the server could have it, but nobody asked it yet
  bool can_write = false;
  std::string_view address;  // host:port, [ip]:port

  bool operator==(const Location&) const = default;
};
struct LocateAnswer {
  std::vector<Location> locations;

  bool operator==(const LocateAnswer&) const = default;
  static Result<LocateAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

struct AttributeResult {
  std::string_view name;
  std::optional<Errc> error;
  ByteView value;  // for get only; empty with an error

  bool operator==(const AttributeResult&) const;
};
// Answer to fattr get, set and del: one result per name, in the order of the request.
struct AttributeAnswer {
  std::vector<AttributeResult> results;

  bool operator==(const AttributeAnswer&) const = default;
  static Result<AttributeAnswer> decode(ByteView body, bool with_values);
  void encode(Body& out, bool with_values) const;
};
// Answer to fattr list. XRootD 5.5 sends the names as they were set, without the "U." it stores
// them under.
struct AttributeList {
  std::vector<AttributeResult> attributes;  // `value` is empty unless values were asked for

  bool operator==(const AttributeList&) const = default;
  static Result<AttributeList> decode(ByteView body, bool with_values);
  void encode(Body& out, bool with_values) const;
};

// Answer to query checksum: "adler32 0a1b2c3d". Clients refuse anything but two words.
struct ChecksumAnswer {
  std::string_view type;
  std::string_view value;

  bool operator==(const ChecksumAnswer&) const = default;
  static Result<ChecksumAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// Answer to query space.
struct SpaceAnswer {
  std::string_view group = "public";
  std::uint64_t total = 0;  // bytes, as all of them
  std::uint64_t free = 0;
  std::uint64_t largest_free = 0;  // on one server
  std::uint64_t used = 0;
  std::int64_t quota = -1;  // -1: none

  bool operator==(const SpaceAnswer&) const = default;
  static Result<SpaceAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// Answer to query config: one line per key of the request, in its order; the value of an unknown
// key is the key itself.
struct ConfigAnswer {
  std::vector<std::string_view> values;

  bool operator==(const ConfigAnswer&) const = default;
  static Result<ConfigAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// --- what any request can be answered with
// ----------------------------------------------------------------------------

// kXR_redirect. The text is "host[?cgi[?token]]", or a whole URL
// "root://host:port/[path][?cgi[?token]]".
struct RedirectAnswer {
  std::string_view target;  // host (an IPv6 address in brackets), or the URL up to '?'
  bool is_url = false;
  std::uint16_t port = default_port;  // of a host; the wire's 0 is the default port
  std::uint32_t option_bits = 0;      // of a URL: the complement of the negative port
  std::string_view cgi;               // for the request's CGI; without '?'
  std::string_view login_token;       // for the login at the target

  bool operator==(const RedirectAnswer&) const = default;
  static Result<RedirectAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// kXR_wait and kXR_waitresp: in so many seconds ask again; within so many seconds the answer comes
// as kXR_attn.
struct WaitAnswer {
  std::uint32_t seconds = 0;
  std::string_view text;  // wait only

  bool operator==(const WaitAnswer&) const = default;
  static Result<WaitAnswer> decode(ByteView body);
  void encode(Body& out) const;
};

// kXR_attn: a message for the log, or the late answer to a request: its header and body as it would
// have come alone.
struct Attention {
  std::optional<ResponseHeader> answer;  // absent: a message
  ByteView body;                         // of the answer
  std::string_view message;

  bool operator==(const Attention&) const;
  static Result<Attention> decode(ByteView body);
  void encode(Body& out) const;
};

// kXR_error. The NUL at the end is compulsory: XrdCl cuts the last byte, whatever it is.
struct ErrorAnswer {
  std::uint32_t code = 0;  // wire number
  std::string_view text;   // one line, at most max_error_text bytes

  bool operator==(const ErrorAnswer&) const = default;
  static Result<ErrorAnswer> decode(ByteView body);
  // Control bytes in the text become blanks, what is too long is cut.
  void encode(Body& out) const;
  // The Error that a client reports.
  Error to_error() const;
};

// The body for an Error of ours.
void encode_error(Body& out, const Error& error);

// --- frames
// -----------------------------------------------------------------------------------------------------------

// Appends a whole response: 8-byte header and what `encode_body(out)` appends.
template <class EncodeBody>
void encode_frame(Body& out, StreamId stream, ResponseStatus status, EncodeBody&& encode_body) {
  const std::size_t start = out.size();
  out.resize(start + response_header_size);
  encode_body(out);
  const auto length = static_cast<std::int32_t>(out.size() - start - response_header_size);
  ResponseHeader{stream, status, length}.encode(
      ByteSpan(out).subspan(start).first<response_header_size>());
}

}  // namespace sluice::xroot
