// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/call.h"

#include "base/must_not_throw.h"
#include "xroot/client/calls.h"

#include <algorithm>

namespace sluice::xroot::client {

Call::~Call() {
  if (calls_ != nullptr) must_not_throw([this] { calls_->abandon(*this); });
}

Status Sink::begin_pages(std::uint64_t, std::uint64_t) {
  return fail(Errc::protocol, "a page frame answers a request that is not about pages");
}

std::string TextSink::text() const {
  std::string_view all = as_text(bytes());
  while (!all.empty() && all.back() == '\0') all.remove_suffix(1);
  return std::string(all);
}

Status TextSink::begin(std::uint64_t length) {
  if (length > limit_ - announced_) {
    return fail(Errc::protocol, "an answer is longer than " + std::to_string(limit_) + " bytes");
  }
  announced_ += length;
  return {};
}

Status TextSink::begin_pages(std::uint64_t, std::uint64_t length) { return begin(length); }

// Grows with what has arrived, never with what was announced: a length alone costs no memory.
std::size_t TextSink::window(std::span<iovec> out, std::size_t want) {
  constexpr std::size_t step = 64 * 1024;
  std::size_t room = std::min(want, std::max(step, filled_));
  if (bytes_.size() < filled_ + room) bytes_.resize(filled_ + room);
  out[0] = {bytes_.data() + filled_, room};
  return 1;
}

Status TextSink::filled(std::size_t n) {
  filled_ += n;
  return {};
}

Status TextSink::restart() {
  filled_ = 0;
  announced_ = 0;
  return {};
}

}  // namespace sluice::xroot::client
