// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/outbound.h"

#include <algorithm>

namespace sluice::xroot::client {
namespace {

// Data offered to one send call. A source may compute checksums for what it hands out, which then
// are still in the cache when the kernel copies them: a quarter of a usual second-level cache.
constexpr std::size_t send_piece = 256 * 1024;

iovec piece(ByteView bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};  // sending only reads it
}

}  // namespace

void Outbound::push(std::uint16_t id) {
  const Call& call = *calls_.at(id).call;
  std::uint64_t length = call.request.payload.size();
  if (call.source != nullptr && call.counts_source) length += call.source->remaining();
  RequestHeader header{};
  store_be(std::span<std::byte, 2>(header.stream), id);
  header.id = call.request.id;
  header.body = call.request.fixed;
  header.length = static_cast<std::int32_t>(length);
  std::array<std::byte, request_header_size> bytes{};
  header.encode(bytes);
  Entry entry{id, false, 0, {}};
  if (signer_) {
    auto signature = signer_->sign(bytes, call.request.payload);
    if (signature) {
      entry.head.assign(signature->begin(), signature->end());
    } else {
      unsigned_ = std::move(signature).error();
    }
  }
  entry.head.insert(entry.head.end(), bytes.begin(), bytes.end());
  queue_.push_back(std::move(entry));
}

void Outbound::drop_abandoned() {
  std::erase_if(queue_, [this](const Entry& entry) {
    if (entry.is_started || calls_.at(entry.id).call != nullptr) return false;
    calls_.release_unsent(entry.id);
    return true;
  });
}

Result<std::size_t> Outbound::window(std::span<iovec> out) {
  if (unsigned_) return tl::unexpected<Error>(*unsigned_);
  drop_abandoned();
  std::size_t used = 0;
  if (!raw_.empty()) out[used++] = piece(ByteView(raw_).subspan(raw_sent_));
  for (Entry& entry : queue_) {
    if (used + 3 > out.size()) break;
    Call* call = calls_.at(entry.id).call;
    if (call == nullptr) return fail(Errc::connection, "a request was given up half sent");
    const auto& payload = call->request.payload;
    if (entry.head_sent < entry.head.size()) {
      out[used++] = piece(ByteView(entry.head).subspan(entry.head_sent));
      if (!payload.empty()) out[used++] = piece(payload);
    } else if (std::size_t skip = entry.head_sent - entry.head.size(); skip < payload.size()) {
      out[used++] = piece(ByteView(payload).subspan(skip));
    }
    if (call->source != nullptr && call->source->remaining() > 0) {
      used += call->source->window(out.subspan(used), send_piece);
      break;  // whether it is the end of the data is known only when this has been sent
    }
  }
  return used;
}

void Outbound::sent(std::size_t n, Calls::Time now) {
  if (!raw_.empty()) {
    std::size_t part = std::min(n, raw_.size() - raw_sent_);
    raw_sent_ += part;
    n -= part;
    if (raw_sent_ == raw_.size()) raw_.clear();
  }
  while (n > 0 && !queue_.empty()) {
    Entry& entry = queue_.front();
    Call* call = calls_.at(entry.id).call;  // window() has just found it there
    if (!entry.is_started) calls_.sending(entry.id);
    entry.is_started = true;
    calls_.progressed(entry.id, now);
    std::size_t head = entry.head.size() + call->request.payload.size();
    std::size_t part = std::min(n, head - entry.head_sent);
    entry.head_sent += part;
    n -= part;
    if (call->source != nullptr && entry.head_sent == head) {
      auto data = static_cast<std::size_t>(std::min<std::uint64_t>(n, call->source->remaining()));
      if (data > 0) call->source->sent(data);
      n -= data;
      if (call->source->remaining() > 0) return;
    }
    if (entry.head_sent < head) return;
    std::uint16_t id = entry.id;
    queue_.pop_front();
    calls_.sent(id);
  }
}

}  // namespace sluice::xroot::client
