// SPDX-License-Identifier: Apache-2.0
// Directory listings: entries are handed on as their bytes arrive, so that a listing of any length
// takes a constant amount of memory here.
#include "xroot/client/client.h"
#include "xroot/dirlist_text.h"
#include "xroot/requests/dirlist.h"

#include <array>

namespace sluice::xroot::client {
namespace {

DirectoryEntry to_entry(xroot::DirectoryEntry&& entry) {
  DirectoryEntry out;
  out.name = std::move(entry.name);
  if (entry.stat) out.info = to_info(*entry.stat);
  if (!entry.checksum_type.empty() && entry.checksum_value != "none") {
    out.checksum = entry.checksum_type + ":" + entry.checksum_value;
  }
  return out;
}

class ListingSink final : public Sink {
 public:
  explicit ListingSink(ListPage page) : page_(std::move(page)), piece_(64 * 1024) {}

  // The error of the page function or of the text; the connection is not to blame for it.
  const Status& status() const { return status_; }

  Status finish() {
    SLUICE_CHECK(status_);
    std::vector<xroot::DirectoryEntry> entries;
    SLUICE_CHECK(reader_.finish(entries));
    return hand_on(std::move(entries));
  }

  Status begin(std::uint64_t) override { return {}; }
  std::size_t window(std::span<iovec> out, std::size_t want) override {
    out[0] = {piece_.data(), std::min(want, piece_.size())};
    return 1;
  }
  Status filled(std::size_t n) override {
    if (!status_) return {};  // the rest of the answer goes by
    std::vector<xroot::DirectoryEntry> entries;
    status_ = reader_.add(ByteView(piece_).first(n), entries);
    if (status_) status_ = hand_on(std::move(entries));
    return {};
  }
  Status restart() override {
    if (has_delivered_) return fail(Errc::connection, "the listing was interrupted");
    reader_ = DirlistReader();
    return {};
  }

 private:
  Status hand_on(std::vector<xroot::DirectoryEntry> entries) {
    if (entries.empty()) return {};
    has_delivered_ = true;
    std::vector<DirectoryEntry> out;
    out.reserve(entries.size());
    for (auto& entry : entries) out.push_back(to_entry(std::move(entry)));
    return page_(std::move(out));
  }

  ListPage page_;
  std::vector<std::byte> piece_;
  DirlistReader reader_;
  Status status_;
  bool has_delivered_ = false;
};

Task<void> stream_listing(std::shared_ptr<Client::State> state, std::string url,
                          ListOptions options, ListPage page) {
  SLUICE_CO_TRY(Url parsed, parse_remote(url));
  if (!options.checksum.empty()) {
    parsed.cgi += (parsed.cgi.empty() ? "cks.type=" : "&cks.type=") + options.checksum;
  }
  auto encode = [options](std::string_view path) {
    Dirlist request;
    request.flags.with_checksum = !options.checksum.empty();
    request.flags.with_stat = options.with_info || request.flags.with_checksum;
    request.path = path;
    return request.encode();
  };
  ListingSink sink(std::move(page));
  Operation operation{Course(std::move(parsed)), std::move(encode), true, false, {}};
  SLUICE_CO_CHECK(co_await state->perform(std::move(operation), &sink));
  co_return sink.finish();
}

Task<std::vector<DirectoryEntry>> collect_listing(std::shared_ptr<Client::State> state,
                                                  std::string url, ListOptions options) {
  std::vector<DirectoryEntry> all;
  std::size_t used = 0;
  std::size_t limit = state->options().limits.listing_bytes;
  auto page = [&all, &used, limit](std::vector<DirectoryEntry> entries) -> Status {
    for (DirectoryEntry& entry : entries) {
      used += sizeof(DirectoryEntry) + entry.name.size() + entry.checksum.size();
      all.push_back(std::move(entry));
    }
    if (used > limit)
      return fail(Errc::too_long, "the listing takes more than " + to_text(Bytes{limit}));
    return {};
  };
  SLUICE_CO_CHECK(
      co_await stream_listing(std::move(state), std::move(url), std::move(options), page));
  co_return all;
}

}  // namespace

Task<void> Client::list(std::string url, ListOptions options, ListPage page) {
  return stream_listing(state_, std::move(url), std::move(options), std::move(page));
}

Task<std::vector<DirectoryEntry>> Client::list(std::string url, ListOptions options) {
  return collect_listing(state_, std::move(url), std::move(options));
}

}  // namespace sluice::xroot::client
