// SPDX-License-Identifier: Apache-2.0
// Writing to an open file: plain, with page checksums, and by vector. Each operation becomes
// transfers of bounded size.
#include "xroot/client/file.h"
#include "xroot/client/ranges.h"
#include "xroot/requests/pgwrite.h"
#include "xroot/requests/write.h"
#include "xroot/requests/writev.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

using FileState = std::shared_ptr<File::State>;

Task<void> write_vector_once(FileState file, std::vector<WritePart> parts, bool sync_after) {
  TextSink sink(file->client().options().limits.metadata_bytes);
  std::vector<ByteView> data;
  std::uint64_t end = 0;
  for (const WritePart& part : parts) {
    data.push_back(part.data);
    end = std::max(end, part.offset + part.data.size());
  }
  Transfer one;
  one.sink = &sink;
  one.counts_source = false;
  one.source = [data] { return std::make_unique<SpanSource>(data); };
  one.encode = [&parts, sync_after](std::uint32_t handle, std::uint8_t) {
    std::vector<VectorItem> items;
    for (const WritePart& part : parts) {
      items.push_back({handle, static_cast<std::uint32_t>(part.data.size()), part.offset});
    }
    return Writev::encode(items, sync_after);
  };
  SLUICE_CO_CHECK(co_await file->transfer(&one));
  file->acknowledged(end);
  co_return Status{};
}

Task<void> write_vector(FileState file, std::vector<WritePart> wanted, bool sync_after) {
  std::vector<WritePart> batch;
  std::size_t bytes = 0;
  for (const WritePart& part : wanted) {
    SLUICE_CO_CHECK(check_span(part.offset, part.data.size()));
    for (std::size_t at = 0; at < part.data.size();) {
      std::size_t n = std::min(part.data.size() - at, max_vector_item_bytes);
      if (batch.size() == max_vector_items || bytes + n > max_vector_bytes) {
        SLUICE_CO_CHECK(co_await write_vector_once(file, std::exchange(batch, {}), false));
        bytes = 0;
      }
      batch.push_back({part.offset + at, part.data.subspan(at, n)});
      bytes += n;
      at += n;
    }
  }
  if (!batch.empty())
    SLUICE_CO_CHECK(co_await write_vector_once(file, std::move(batch), sync_after));
  co_return Status{};
}

Task<void> write_plain(FileState file, std::uint64_t offset, ByteView data) {
  std::vector<TextSink> sinks;
  std::vector<Transfer> transfers;
  auto ranges = cut(offset, data.size(), max_transfer);
  sinks.reserve(ranges.size());
  for (const Range& range : ranges) {
    Transfer& one = transfers.emplace_back();
    one.sink = &sinks.emplace_back(file->client().options().limits.metadata_bytes);
    one.source = [part = data.subspan(range.start, range.size)] {
      return std::make_unique<SpanSource>(part);
    };
    one.encode = [range](std::uint32_t handle, std::uint8_t) {
      return Write{handle, range.offset, 0}.encode();
    };
  }
  SLUICE_CO_CHECK(co_await file->transfer_all(transfers));
  file->acknowledged(offset + data.size());
  co_return Status{};
}

// Sends pages that arrived damaged again, one by one as the protocol wants it.
Task<void> resend_pages(FileState file, std::vector<std::uint64_t> bad, std::uint64_t offset,
                        ByteView data) {
  for (std::uint64_t page : bad) {
    if (page < offset || page >= offset + data.size()) {
      co_return fail(Errc::protocol, "the server complains about a page that it was not sent");
    }
    std::uint64_t rest = data.size() - (page - offset);
    auto size = static_cast<std::size_t>(page_data_at(page, rest));
    ByteView part = data.subspan(static_cast<std::size_t>(page - offset), size);
    PageWriteSink sink;
    Transfer again;
    again.sink = &sink;
    again.source = [page, part] { return std::make_unique<PageSource>(page, part); };
    again.encode = [page](std::uint32_t handle, std::uint8_t) {
      return Pgwrite{handle, page, 0, true}.encode();
    };
    SLUICE_CO_CHECK(co_await file->transfer(&again));
    SLUICE_CO_TRY(auto still_bad, sink.bad());
    if (!still_bad.empty()) {
      co_return fail(Errc::checksum,
                     "the page at offset " + std::to_string(page) + " does not arrive whole");
    }
  }
  co_return Status{};
}

Task<void> write_checked(FileState file, std::uint64_t offset, ByteView data) {
  std::vector<PageWriteSink> sinks;
  std::vector<Transfer> transfers;
  auto ranges = cut(offset, data.size(), max_transfer);
  sinks.reserve(ranges.size());
  for (const Range& range : ranges) {
    Transfer& one = transfers.emplace_back();
    one.sink = &sinks.emplace_back();
    one.source = [range, part = data.subspan(range.start, range.size)] {
      return std::make_unique<PageSource>(range.offset, part);
    };
    one.encode = [range](std::uint32_t handle, std::uint8_t) {
      return Pgwrite{handle, range.offset, 0, false}.encode();
    };
  }
  SLUICE_CO_CHECK(co_await file->transfer_all(transfers));
  for (const PageWriteSink& sink : sinks) {
    SLUICE_CO_TRY(auto bad, sink.bad());
    SLUICE_CO_CHECK(co_await resend_pages(file, std::move(bad), offset, data));
  }
  file->acknowledged(offset + data.size());
  co_return Status{};
}

Task<void> write_range(FileState file, std::uint64_t offset, ByteView data, Pages pages) {
  SLUICE_CO_CHECK(check_span(offset, data.size()));
  SLUICE_CO_CHECK(co_await file->usable());
  if (pages == Pages::always && !file->has_pages()) {
    co_return fail(Errc::unsupported, file->server().host + " has no page checksums");
  }
  if (data.empty()) co_return Status{};
  bool checked = pages == Pages::always || file->uses_pages();
  if (checked) co_return co_await write_checked(file, offset, data);
  co_return co_await write_plain(file, offset, data);
}

}  // namespace

Task<void> File::write(std::uint64_t offset, ByteView data) {
  return write_range(state_, offset, data, Pages::as_opened);
}
Task<void> File::write_pages(std::uint64_t offset, ByteView data) {
  return write_range(state_, offset, data, Pages::always);
}
Task<void> File::writev(std::vector<WritePart> parts, bool sync_after) {
  return write_vector(state_, std::move(parts), sync_after);
}

}  // namespace sluice::xroot::client
