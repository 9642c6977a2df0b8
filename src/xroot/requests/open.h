// SPDX-License-Identifier: Apache-2.0
// kXR_open: open a file and, with return_stat, learn its size in the same answer.
// Wire: mode u16 options u16 more-options u16 reserved[6] template-handle[4]; payload: the path.
#pragma once

#include "xroot/requests/request.h"

namespace sluice::xroot {

// The option words as they were sent. Conflicts are the server's to judge: it knows the file.
struct OpenFlags {
  bool compress = false;
  bool overwrite = false;  // kXR_delete: an existing file is replaced
  bool force = false;
  bool create = false;  // kXR_new: the file must not exist; wins over overwrite
  bool read = false;
  bool update = false;   // read and write
  bool async = false;    // XrdCl always sets it
  bool refresh = false;  // location caches are bypassed
  bool make_path = false;
  bool append = false;
  bool return_stat = false;
  bool replica = false;
  bool posc = false;  // persist on successful close: without a close the file vanishes
  bool no_wait = false;
  bool sequential = false;
  bool write_only = false;
  // The second word, from 5.2 on.
  bool duplicate = false;     // of the file behind template_handle
  bool same_fs = false;       // place it where the file behind template_handle is
  bool return_statx = false;  // implies return_stat
  bool direct_io = false;

  bool operator==(const OpenFlags&) const = default;
  bool writes() const { return overwrite || create || update || append || write_only; }
};

inline constexpr std::array open_option_bits = {FlagBit<OpenFlags>{0x0001, &OpenFlags::compress},
                                                FlagBit<OpenFlags>{0x0002, &OpenFlags::overwrite},
                                                FlagBit<OpenFlags>{0x0004, &OpenFlags::force},
                                                FlagBit<OpenFlags>{0x0008, &OpenFlags::create},
                                                FlagBit<OpenFlags>{0x0010, &OpenFlags::read},
                                                FlagBit<OpenFlags>{0x0020, &OpenFlags::update},
                                                FlagBit<OpenFlags>{0x0040, &OpenFlags::async},
                                                FlagBit<OpenFlags>{0x0080, &OpenFlags::refresh},
                                                FlagBit<OpenFlags>{0x0100, &OpenFlags::make_path},
                                                FlagBit<OpenFlags>{0x0200, &OpenFlags::append},
                                                FlagBit<OpenFlags>{0x0400, &OpenFlags::return_stat},
                                                FlagBit<OpenFlags>{0x0800, &OpenFlags::replica},
                                                FlagBit<OpenFlags>{0x1000, &OpenFlags::posc},
                                                FlagBit<OpenFlags>{0x2000, &OpenFlags::no_wait},
                                                FlagBit<OpenFlags>{0x4000, &OpenFlags::sequential},
                                                FlagBit<OpenFlags>{0x8000, &OpenFlags::write_only}};

inline constexpr std::array open_more_option_bits = {
    FlagBit<OpenFlags>{0x0001, &OpenFlags::duplicate},
    FlagBit<OpenFlags>{0x0002, &OpenFlags::same_fs},
    FlagBit<OpenFlags>{0x0004, &OpenFlags::return_statx},
    FlagBit<OpenFlags>{0x0008, &OpenFlags::direct_io}};

struct Open {
  static constexpr std::uint16_t id = 3010;
  static constexpr std::string_view name = "open";
  static constexpr std::size_t max_payload = max_one_path;
  static constexpr Gate gate = Gate::authorised;
  static constexpr Cost cost = Cost::metadata;
  static constexpr SignLevels sign = {Sign::never, Sign::if_modifying, Sign::needed, Sign::needed,
                                      Sign::needed};

  std::uint16_t mode = 0;  // permission bits of a new file, 0777 at most
  OpenFlags flags;
  std::uint32_t template_handle = 0;  // for duplicate and same_fs
  std::string_view path;              // may carry ?opaque

  bool operator==(const Open&) const = default;
  bool modifies() const { return flags.overwrite || flags.create || flags.append || flags.update; }

  static Result<Open> decode(FixedPart fixed, ByteView payload) {
    Reader head(fixed);
    Open request;
    request.mode = static_cast<std::uint16_t>(head.be<std::uint16_t>() & permission_mask);
    read_flags(request.flags, head.be<std::uint16_t>(), open_option_bits);
    read_flags(request.flags, head.be<std::uint16_t>(), open_more_option_bits);
    if (request.flags.return_statx) request.flags.return_stat = true;
    head.take(6);
    request.template_handle = head.be<std::uint32_t>();
    request.path = Reader(payload).text();
    return request;
  }

  EncodedRequest encode() const {
    EncodedRequest out{id, {}, {}};
    FixedWriter(out.fixed)
        .be(mode)
        .be(write_flags(flags, open_option_bits))
        .be(write_flags(flags, open_more_option_bits))
        .skip(6)
        .be(template_handle);
    Writer(out.payload).text(path);
    return out;
  }
};

}  // namespace sluice::xroot
