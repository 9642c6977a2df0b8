// SPDX-License-Identifier: Apache-2.0
// Reading an open file: plain, with page checksums, and by vector. Each operation becomes transfers
// of bounded size.
#include "xroot/client/file.h"
#include "xroot/client/ranges.h"
#include "xroot/requests/pgread.h"
#include "xroot/requests/read.h"
#include "xroot/requests/readv.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

using FileState = std::shared_ptr<File::State>;

// Less than this is not worth another stream.
constexpr std::size_t min_stripe = 1U << 20;

std::size_t stripe_of(const File::State& file, std::size_t size) {
  if (file.stream_count() < 2) return max_transfer;
  std::size_t share = size / (file.stream_count() - 1);
  std::size_t pages = (share + page_size - 1) / page_size;
  return std::clamp(pages * page_size, min_stripe, max_transfer);
}

// Bytes that lie without a gap from the start: the end of the file may fall into any range.
template <class Sinks>
std::size_t contiguous(const Sinks& sinks, const std::vector<Range>& ranges) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    total += sinks[i].size();
    if (sinks[i].size() < ranges[i].size) break;
  }
  return total;
}

Task<std::size_t> read_plain(FileState file, std::uint64_t offset, ByteSpan into) {
  auto ranges = cut(offset, into.size(), stripe_of(*file, into.size()));
  std::vector<ReadSink> sinks;
  std::vector<Transfer> transfers;
  sinks.reserve(ranges.size());
  for (const Range& range : ranges) {
    Transfer& one = transfers.emplace_back();
    one.sink = &sinks.emplace_back(into.subspan(range.start, range.size));
    one.bytes = range.size;
    one.encode = [range](std::uint32_t handle, std::uint8_t path) {
      return Read{handle, range.offset, static_cast<std::uint32_t>(range.size), path, {}}.encode();
    };
  }
  SLUICE_CO_CHECK(co_await file->transfer_all(transfers));
  co_return contiguous(sinks, ranges);
}

// Asks once more for a page that arrived damaged; the server goes to its disk for it.
Task<void> repair_page(FileState file, BadPage page, ByteSpan into) {
  PageSink sink(page.offset, into);
  Transfer again;
  again.sink = &sink;
  again.encode = [page](std::uint32_t handle, std::uint8_t) {
    return Pgread{handle, page.offset, page.length, 0, true}.encode();
  };
  SLUICE_CO_CHECK(co_await file->transfer(&again));
  if (!sink.bad().empty() || sink.size() != page.length) {
    co_return fail(Errc::checksum, "the page at offset " + std::to_string(page.offset) + " of " +
                                       std::to_string(page.length) + " bytes arrives damaged");
  }
  co_return Status{};
}

Task<std::size_t> read_checked(FileState file, std::uint64_t offset, ByteSpan into) {
  auto ranges = cut(offset, into.size(), stripe_of(*file, into.size()));
  std::vector<PageSink> sinks;
  std::vector<Transfer> transfers;
  sinks.reserve(ranges.size());
  for (const Range& range : ranges) {
    Transfer& one = transfers.emplace_back();
    one.sink = &sinks.emplace_back(range.offset, into.subspan(range.start, range.size));
    one.bytes = range.size;
    one.encode = [range](std::uint32_t handle, std::uint8_t path) {
      return Pgread{handle, range.offset, static_cast<std::uint32_t>(range.size), path, false}
          .encode();
    };
  }
  SLUICE_CO_CHECK(co_await file->transfer_all(transfers));
  for (const PageSink& sink : sinks) {
    for (BadPage page : sink.bad()) {
      auto at = static_cast<std::size_t>(page.offset - offset);
      SLUICE_CO_CHECK(co_await repair_page(file, page, into.subspan(at, page.length)));
    }
  }
  co_return contiguous(sinks, ranges);
}

Task<std::size_t> read_range(FileState file, std::uint64_t offset, ByteSpan into, Pages pages) {
  SLUICE_CO_CHECK(check_span(offset, into.size()));
  SLUICE_CO_CHECK(co_await file->usable());
  if (pages == Pages::always && !file->has_pages()) {
    co_return fail(Errc::unsupported, file->server().host + " has no page checksums");
  }
  if (into.empty()) co_return std::size_t{0};
  bool checked = pages == Pages::always || file->uses_pages();
  if (checked) co_return co_await read_checked(file, offset, into);
  co_return co_await read_plain(file, offset, into);
}

Task<void> read_vector_once(FileState file, std::vector<VectorSink::Part> parts) {
  // The handle in the items is that of the attempt, so the sink learns it there.
  VectorSink sink({});
  Transfer one;
  for (const auto& part : parts) one.bytes += part.into.size();
  one.sink = &sink;
  one.encode = [&parts, &sink](std::uint32_t handle, std::uint8_t path) {
    std::vector<VectorItem> items;
    for (auto& part : parts) {
      part.item.handle = handle;
      items.push_back(part.item);
    }
    sink = VectorSink(parts);
    return Readv::encode(items, path);
  };
  SLUICE_CO_CHECK(co_await file->transfer(&one));
  co_return sink.finish();
}

Task<void> read_vector(FileState file, std::vector<ReadPart> wanted) {
  std::vector<VectorSink::Part> batch;
  std::size_t bytes = 0;
  for (const ReadPart& part : wanted) {
    SLUICE_CO_CHECK(check_span(part.offset, part.into.size()));
    for (std::size_t at = 0; at < part.into.size();) {
      std::size_t n = std::min(part.into.size() - at, max_vector_item_bytes);
      if (batch.size() == max_vector_items || bytes + n > max_vector_bytes) {
        SLUICE_CO_CHECK(co_await read_vector_once(file, std::exchange(batch, {})));
        bytes = 0;
      }
      batch.push_back(
          {{0, static_cast<std::uint32_t>(n), part.offset + at}, part.into.subspan(at, n)});
      bytes += n;
      at += n;
    }
  }
  if (!batch.empty()) SLUICE_CO_CHECK(co_await read_vector_once(file, std::move(batch)));
  co_return Status{};
}

}  // namespace

Task<std::size_t> File::read(std::uint64_t offset, ByteSpan into) {
  return read_range(state_, offset, into, Pages::as_opened);
}
Task<std::size_t> File::read_pages(std::uint64_t offset, ByteSpan into) {
  return read_range(state_, offset, into, Pages::always);
}
Task<void> File::readv(std::vector<ReadPart> parts) {
  return read_vector(state_, std::move(parts));
}

}  // namespace sluice::xroot::client
