// SPDX-License-Identifier: Apache-2.0
// Compares the data of one answer with what the file must hold (--verify): plain data, pages with
// their CRC32C, or the pieces of a vector read. Takes the data in pieces of any size. Pure.
#pragma once

#include "base/bytes.h"
#include "cli/bench/pattern.h"
#include "cli/bench/payload.h"
#include "xroot/protocol.h"

#include <array>
#include <cstdint>
#include <vector>

namespace sluice::cli::bench {

class ContentCheck {
 public:
  enum class Form : std::uint8_t { plain, pages, vector };

  // What the next answer must hold; forgets the last one.
  void expect(Form form, std::vector<Extent> extents, const Payload& payload);
  void feed(ByteView piece);
  // All that was fed was right, and nothing is missing.
  bool passed() const { return good_ && current_ == extents_.size() && have_ == 0; }

 private:
  static constexpr std::size_t vector_header = 16;  // handle, length, offset

  std::size_t unit_size() const;
  void check_unit(ByteView unit);
  void check_data(ByteView data);
  std::size_t take_plain(ByteView piece);

  Form form_ = Form::plain;
  std::vector<Extent> extents_;
  const Payload* payload_ = nullptr;
  bool good_ = true;
  std::size_t current_ = 0;   // the extent that is being received
  std::uint64_t done_ = 0;    // bytes of it
  bool header_seen_ = false;  // vector: the header of the current piece was read
  std::size_t have_ = 0;      // bytes in unit_
  std::array<std::byte, xroot::page_unit> unit_{};
};

}  // namespace sluice::cli::bench
