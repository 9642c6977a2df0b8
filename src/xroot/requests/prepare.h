// SPDX-License-Identifier: Apache-2.0
// kXR_prepare: bring files from tape to disk, or forget them, or cancel such a wish.
// Wire: options u8 priority u8 notify-port u16 more-options u16 reserved[10]; payload: paths, one a
// line; to cancel, the first line is the request id.
#pragma once

#include "xroot/requests/lines.h"
#include "xroot/requests/request.h"

namespace sluice::xroot {

struct PrepareFlags {
  bool cancel = false;
  bool notify = false;
  bool no_errors = false;
  bool stage = false;
  bool for_writing = false;
  bool colocate = false;  // put all where the first one is
  bool fresh = false;     // refresh the access time
  bool use_tcp = false;   // notify over TCP
  bool evict = false;     // second word, bit 1

  bool operator==(const PrepareFlags&) const = default;
};

inline constexpr std::array prepare_flag_bits = {
    FlagBit<PrepareFlags>{0x01, &PrepareFlags::cancel},
    FlagBit<PrepareFlags>{0x02, &PrepareFlags::notify},
    FlagBit<PrepareFlags>{0x04, &PrepareFlags::no_errors},
    FlagBit<PrepareFlags>{0x08, &PrepareFlags::stage},
    FlagBit<PrepareFlags>{0x10, &PrepareFlags::for_writing},
    FlagBit<PrepareFlags>{0x20, &PrepareFlags::colocate},
    FlagBit<PrepareFlags>{0x40, &PrepareFlags::fresh},
    FlagBit<PrepareFlags>{0x80, &PrepareFlags::use_tcp}};

struct Prepare {
  static constexpr std::uint16_t id = 3021;
  static constexpr std::string_view name = "prepare";
  static constexpr std::size_t max_payload = 1024 * 1024;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::blocking;
  static constexpr SignLevels sign = signed_from(4);

  PrepareFlags flags;
  std::uint8_t priority = 0;  // 0 lowest .. 3 highest
  std::uint16_t notify_port = 0;
  Lines paths;  // each may carry ?opaque

  bool operator==(const Prepare&) const = default;

  static Result<Prepare> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Prepare request;
    read_flags(request.flags, head.be<std::uint8_t>(), prepare_flag_bits);
    request.priority = std::min(head.be<std::uint8_t>(), highest_priority);
    request.notify_port = head.be<std::uint16_t>();
    request.flags.evict = (head.be<std::uint16_t>() & evict_bit) != 0;
    request.paths = Lines(Reader(payload).text());
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed)
        .be(static_cast<std::uint8_t>(write_flags(flags, prepare_flag_bits)))
        .be(priority)
        .be(notify_port)
        .be<std::uint16_t>(flags.evict ? evict_bit : 0);
    Writer(out.payload).text(paths.text());
    return out;
  }

 private:
  static constexpr std::uint8_t highest_priority = 3;
  static constexpr std::uint16_t evict_bit = 1;
};

}  // namespace sluice::xroot
