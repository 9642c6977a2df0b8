// SPDX-License-Identifier: Apache-2.0
// kXR_chkpoint: a group of changes to one file that a rollback undoes.
// Wire: handle[4] reserved[11] opcode u8; payload: nothing, or for xeq the 24-byte header of the
// request to execute (write, pgwrite, writev, truncate by handle), whose own payload and data
// follow uncounted.
#pragma once

#include "xroot/requests/pgwrite.h"
#include "xroot/requests/request.h"
#include "xroot/requests/truncate.h"
#include "xroot/requests/write.h"
#include "xroot/requests/writev.h"

namespace sluice::xroot {

enum class CheckpointCode : std::uint8_t {
  begin = 0,
  commit = 1,
  query = 2,
  rollback = 3,
  execute = 4
};

struct Chkpoint {
  static constexpr std::uint16_t id = 3012;
  static constexpr std::string_view name = "chkpoint";
  static constexpr std::size_t max_payload = request_header_size;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::data;
  static constexpr SignLevels sign = signed_from(1);

  std::uint32_t handle = 0;
  CheckpointCode code = CheckpointCode::begin;
  RequestHeader nested{};  // for execute only

  bool operator==(const Chkpoint& other) const { return encode() == other.encode(); }

  static Result<Chkpoint> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Chkpoint request;
    request.handle = head.be<std::uint32_t>();
    head.take(11);
    const auto code = head.be<std::uint8_t>();
    if (code > static_cast<std::uint8_t>(CheckpointCode::execute)) {
      return fail(Errc::invalid_argument, "unknown checkpoint operation");
    }
    request.code = static_cast<CheckpointCode>(code);
    Reader body(payload);
    if (request.code == CheckpointCode::execute) {
      const ByteView nested = body.take(request_header_size);
      if (body.failed())
        return fail(Errc::invalid_argument,
                    "checkpoint without the header of the request to execute");
      request.nested = RequestHeader::decode(nested.first<request_header_size>());
      if (request.nested.length < 0)
        return fail(Errc::invalid_argument, "request to execute has a negative length");
      if (!can_execute(request.nested.id))
        return fail(Errc::invalid_argument, "request cannot run in a checkpoint");
    }
    return body.finish(request);
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed).be(handle).skip(11).be(static_cast<std::uint8_t>(code));
    if (code == CheckpointCode::execute) {
      out.payload.resize(request_header_size);
      nested.encode(ByteSpan(out.payload).first<request_header_size>());
    }
    return out;
  }

  static constexpr bool can_execute(std::uint16_t nested_id) {
    return nested_id == Write::id || nested_id == Pgwrite::id || nested_id == Truncate::id ||
           nested_id == Writev::id;
  }
};

}  // namespace sluice::xroot
