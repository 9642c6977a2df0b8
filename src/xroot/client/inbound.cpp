// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/inbound.h"

#include "xroot/responses.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::xroot::client {
namespace {

// Large enough to bring many small answers with one call, small enough to stay in the first-level
// caches' neighbourhood.
constexpr std::size_t staging_size = 64 * 1024;

// While the rest of a body is received into its sink, this much more is taken of what follows: the
// header of the next frame, kXR_status included, and little of its data, because that is copied.
constexpr std::size_t tail_of_bulk = 64;
constexpr std::size_t bulk = 32 * 1024;

// Errors, redirects, waits, authentication data and messages: all are texts of a few KiB at most.
constexpr std::uint64_t max_collected = 64 * 1024;

constexpr std::size_t attention_head = 4;                      // action code
constexpr std::size_t nested_head = 4 + response_header_size;  // reserved, header of the answer

bool ends_answer(ResponseStatus status) { return status != ResponseStatus::oksofar; }

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';  // a terminal may show it
  }
  return out;
}

}  // namespace

Inbound::Inbound(Calls& calls) : calls_(calls), staging_(staging_size) {}

Sink* Inbound::sink() const {
  Call* call = calls_.at(id_).call;
  return call == nullptr ? nullptr : call->sink;
}

std::size_t Inbound::window(std::span<iovec> out) {
  std::size_t used = 0;
  offered_ = 0;
  if (state_ == State::body && sink() != nullptr) {
    // parse() leaves this state with staged bytes never: they have all been fed.
    auto want = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, 1U << 30));
    used = sink()->window(out.first(out.size() - 1), want);
    for (std::size_t i = 0; i < used; ++i) offered_ += out[i].iov_len;
    if (offered_ < remaining_) return used;
  }
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (staging_.size() - end_ < staging_.size() / 2) {
    std::memmove(staging_.data(), staging_.data() + begin_, staged());
    end_ = staged();
    begin_ = 0;
  }
  std::size_t room = staging_.size() - end_;
  if (offered_ >= bulk) room = std::min(room, tail_of_bulk);
  out[used++] = {staging_.data() + end_, room};
  return used;
}

Status Inbound::received(std::size_t n, Calls::Time now) {
  now_ = now;
  if (offered_ > 0) {
    std::size_t direct = std::min(n, offered_);
    offered_ = 0;
    n -= direct;
    remaining_ -= direct;
    if (sink() != nullptr) SLUICE_CHECK(sink()->filled(direct));
    calls_.progressed(id_, now_);
    if (remaining_ == 0) SLUICE_CHECK(end_body());
  }
  end_ += n;
  return parse();
}

ByteView Inbound::take(std::size_t n) {
  ByteView head = ByteView(staging_).subspan(begin_, n);
  begin_ += n;
  return head;
}

Status Inbound::parse() {
  for (;;) {
    switch (state_) {
      case State::header:
        if (staged() < response_header_size) return {};
        SLUICE_CHECK(on_header(ResponseHeader::decode(take(response_header_size).first<8>())));
        break;
      case State::attention:
        if (staged() < attention_head) return {};
        SLUICE_CHECK(on_attention());
        break;
      case State::nested:
        if (staged() < nested_head) return {};
        SLUICE_CHECK(on_nested());
        break;
      case State::status:
        if (staged() < PageStatus::wire_size) return {};
        SLUICE_CHECK(on_status_frame());
        break;
      case State::collect: {
        auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, staged()));
        ByteView part = take(n);
        collected_.insert(collected_.end(), part.begin(), part.end());
        remaining_ -= n;
        if (remaining_ > 0) return {};
        SLUICE_CHECK(on_collected());
        break;
      }
      case State::body:
        SLUICE_CHECK(feed());
        if (state_ == State::body) return {};
        break;
      case State::drain: {
        auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, staged()));
        take(n);
        remaining_ -= n;
        if (remaining_ > 0) return {};
        state_ = State::header;
        break;
      }
    }
  }
}

Status Inbound::on_header(ResponseHeader header) {
  if (header.length < 0) return fail(Errc::protocol, "a frame has a negative length");
  if (header.status != ResponseStatus::attn) return on_answer(header);
  if (header.length < static_cast<std::int32_t>(attention_head)) {
    return fail(Errc::protocol, "a kXR_attn frame is too short");
  }
  remaining_ = static_cast<std::uint64_t>(header.length) - attention_head;
  state_ = State::attention;
  return {};
}

Status Inbound::on_attention() {
  auto action = Reader(take(attention_head)).be<std::int32_t>();
  if (action == attn_asynresp) {
    if (remaining_ < nested_head) return fail(Errc::protocol, "an asynresp is too short");
    state_ = State::nested;
    return {};
  }
  if (action == attn_asyncms && remaining_ <= max_collected) {
    collect(remaining_);
    is_message_ = true;
    return {};
  }
  // The other actions died with protocol 3; nobody sends much with them.
  if (remaining_ > max_collected) return fail(Errc::protocol, "a kXR_attn frame is too long");
  state_ = State::drain;
  return {};
}

Status Inbound::on_nested() {
  ResponseHeader header = ResponseHeader::decode(take(nested_head).last<8>());
  std::uint64_t inside = remaining_ - nested_head;
  bool nests = header.status == ResponseStatus::attn || header.status == ResponseStatus::status;
  if (header.length < 0 || static_cast<std::uint64_t>(header.length) != inside || nests) {
    return fail(Errc::protocol, "the frame inside an asynresp does not fit it");
  }
  return on_answer(header);
}

Status Inbound::on_answer(ResponseHeader header) {
  frame_ = header;
  id_ = load_be<std::uint16_t>(header.stream);
  auto length = static_cast<std::uint64_t>(header.length);
  Calls::Slot* slot = calls_.find(id_);
  if (slot == nullptr || slot->phase == Calls::Phase::queued) {
    return fail(Errc::protocol, "an answer belongs to no request");
  }
  switch (header.status) {
    case ResponseStatus::ok:
    case ResponseStatus::oksofar:
      is_final_ = ends_answer(header.status);
      return begin_body(length, false, 0);
    case ResponseStatus::status:
      if (length != PageStatus::wire_size) {
        return fail(Errc::protocol, "a kXR_status frame is not 24 bytes long");
      }
      state_ = State::status;
      return {};
    case ResponseStatus::authmore:
    case ResponseStatus::error:
    case ResponseStatus::redirect:
    case ResponseStatus::wait:
    case ResponseStatus::waitresp:
      if (length > max_collected) return fail(Errc::protocol, "an answer's text is too long");
      collect(length);
      return {};
    case ResponseStatus::attn:
      break;
  }
  return fail(Errc::protocol, fmt::format("an answer has the unknown status {}",
                                          static_cast<unsigned>(header.status)));
}

void Inbound::collect(std::uint64_t length) {
  collected_.clear();
  remaining_ = length;
  is_message_ = false;
  state_ = State::collect;
}

Status Inbound::on_collected() {
  state_ = State::header;
  if (is_message_) {
    if (on_message) on_message(printable(Reader(collected_).text()));
    return {};
  }
  switch (frame_.status) {
    case ResponseStatus::error: {
      SLUICE_TRY(auto answer, ErrorAnswer::decode(collected_));
      finish(fail(errc_from_xroot(answer.code), printable(answer.text)));
      return {};
    }
    case ResponseStatus::redirect:
      finish(Answer{Answer::Kind::redirect, std::move(collected_), {}});
      return {};
    case ResponseStatus::authmore:
      finish(Answer{Answer::Kind::more, std::move(collected_), {}});
      return {};
    default:
      break;
  }
  SLUICE_TRY(auto wait, WaitAnswer::decode(collected_));
  auto time = std::chrono::seconds(wait.seconds);
  if (frame_.status == ResponseStatus::wait) {
    finish(Answer{Answer::Kind::wait, {}, time});
  } else {
    calls_.deferred(id_, time, now_);
  }
  return {};
}

Status Inbound::on_status_frame() {
  SLUICE_TRY(auto status,
             PageStatus::decode(take(PageStatus::wire_size).first<PageStatus::wire_size>()));
  Call* call = calls_.at(id_).call;
  if (status.stream != frame_.stream || (call != nullptr && status.request != call->request.id)) {
    return fail(Errc::protocol, "a kXR_status frame belongs to another request than it says");
  }
  is_final_ = status.part == PageStatus::Part::last;
  return begin_body(status.data_length, true, status.offset);
}

Status Inbound::begin_body(std::uint64_t length, bool is_pages, std::uint64_t offset) {
  remaining_ = length;
  state_ = State::body;
  if (Sink* taker = sink(); taker != nullptr) {
    SLUICE_CHECK(is_pages ? taker->begin_pages(offset, length) : taker->begin(length));
  }
  return {};
}

Status Inbound::feed() {
  while (remaining_ > 0 && staged() > 0) {
    auto want = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, staged()));
    if (sink() == nullptr) {
      take(want);
      remaining_ -= want;
      continue;
    }
    std::array<iovec, 64> pieces;
    std::size_t used = sink()->window(pieces, want);
    std::size_t copied = 0;
    for (std::size_t i = 0; i < used && copied < want; ++i) {
      std::size_t n = std::min(pieces[i].iov_len, want - copied);
      std::memcpy(pieces[i].iov_base, take(n).data(), n);
      copied += n;
    }
    remaining_ -= copied;
    SLUICE_CHECK(sink()->filled(copied));
    calls_.progressed(id_, now_);
  }
  if (remaining_ == 0) return end_body();
  return {};
}

Status Inbound::end_body() {
  state_ = State::header;
  if (is_final_) finish(Answer{});
  return {};
}

void Inbound::finish(Result<Answer> answer) {
  ++completed_;
  calls_.answered(id_, std::move(answer));
}

}  // namespace sluice::xroot::client
