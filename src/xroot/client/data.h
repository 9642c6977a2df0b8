// SPDX-License-Identifier: Apache-2.0
// Sinks and sources of file data: plain, vector, and pages with a CRC32C each. Data go straight
// from and to the caller's memory; only headers and CRCs between them lie here.
#pragma once

#include "xroot/client/api.h"
#include "xroot/client/call.h"
#include "xroot/page.h"
#include "xroot/requests/vector_items.h"

#include <array>
#include <vector>

namespace sluice::xroot::client {

// Answer of kXR_read.
class ReadSink final : public Sink {
 public:
  explicit ReadSink(ByteSpan into) : into_(into) {}
  std::size_t size() const { return filled_; }

  Status begin(std::uint64_t length) override;
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  Status filled(std::size_t n) override;
  Status restart() override;

 private:
  ByteSpan into_;
  std::size_t announced_ = 0;
  std::size_t filled_ = 0;
};

// Answer of kXR_pgread. Each page is checked when its last byte has come; bad() are those that have
// to be asked for again.
class PageSink final : public Sink {
 public:
  PageSink(std::uint64_t offset, ByteSpan into) : start_(offset), into_(into) {}
  std::size_t size() const { return filled_; }
  const std::vector<BadPage>& bad() const { return bad_; }

  Status begin(std::uint64_t length) override;
  Status begin_pages(std::uint64_t offset, std::uint64_t length) override;
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  Status filled(std::size_t n) override;
  Status restart() override;

 private:
  using Crc = std::array<std::byte, page_crc_size>;
  // Data of the page at filled_ that have not come, given that frame_data_ bytes of this frame are
  // left.
  std::size_t page_rest() const;
  void check_page(const Crc& crc);

  std::uint64_t start_;  // file offset of into_
  ByteSpan into_;
  std::size_t filled_ = 0;
  std::size_t page_start_ = 0;    // of the current page, in into_
  std::size_t crc_filled_ = 0;    // bytes of the current page's CRC that have come: crcs_[0]
  std::uint64_t frame_data_ = 0;  // bytes of data still to come in this frame
  std::vector<Crc> crcs_;         // of the pages in the window
  std::vector<BadPage> bad_;
};

// Answer of kXR_readv: for each part a header of 16 bytes, then its data.
class VectorSink final : public Sink {
 public:
  struct Part {
    VectorItem item;  // as it was asked for
    ByteSpan into;
  };
  explicit VectorSink(std::vector<Part> parts);

  // After the answer: everything came as it was asked for.
  Status finish() const;

  Status begin(std::uint64_t length) override;
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  Status filled(std::size_t n) override;
  Status restart() override;

 private:
  using Head = std::array<std::byte, VectorItem::wire_size>;

  std::vector<Part> parts_;
  std::vector<Head> heads_;
  std::uint64_t expected_ = 0;
  std::uint64_t announced_ = 0;
  std::size_t part_ = 0;     // the one that is being received
  std::size_t in_part_ = 0;  // bytes of it that have come, header included
  bool is_torn_ = false;     // a header is not what was asked for: the rest goes by
  std::vector<std::byte> scrap_;
};

// Answer of kXR_pgwrite: nothing, or the list of pages that arrived damaged.
class PageWriteSink final : public Sink {
 public:
  PageWriteSink();
  // Empty when all is well.
  Result<std::vector<std::uint64_t>> bad() const;

  Status begin(std::uint64_t length) override { return list_.begin(length); }
  std::size_t window(std::span<iovec> out, std::size_t want) override {
    return list_.window(out, want);
  }
  Status filled(std::size_t n) override { return list_.filled(n); }
  Status restart() override { return list_.restart(); }
  Status begin_pages(std::uint64_t, std::uint64_t length) override { return list_.begin(length); }

 private:
  TextSink list_;
};

// Data of kXR_write and kXR_writev.
class SpanSource final : public Source {
 public:
  explicit SpanSource(ByteView data) : parts_{data}, remaining_(data.size()) {}
  explicit SpanSource(std::vector<ByteView> parts);

  std::uint64_t remaining() const override { return remaining_; }
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  void sent(std::size_t n) override;

 private:
  std::vector<ByteView> parts_;
  std::uint64_t remaining_;
  std::size_t part_ = 0;
  std::size_t in_part_ = 0;
};

// Data of kXR_pgwrite. A CRC is computed when its page is about to be sent.
class PageSource final : public Source {
 public:
  PageSource(std::uint64_t offset, ByteView data);

  std::uint64_t remaining() const override { return remaining_; }
  std::size_t window(std::span<iovec> out, std::size_t want) override;
  void sent(std::size_t n) override;

 private:
  using Crc = std::array<std::byte, page_crc_size>;
  ByteView page(std::size_t index) const;

  std::uint64_t offset_;
  ByteView data_;
  std::vector<Crc> crcs_;
  std::size_t computed_ = 0;  // CRCs that have been
  std::uint64_t remaining_;
  std::size_t page_ = 0;     // the next to send
  std::size_t in_page_ = 0;  // bytes of it that were sent, CRC included
};

}  // namespace sluice::xroot::client
