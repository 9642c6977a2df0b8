// SPDX-License-Identifier: Apache-2.0
// The states of an answer: 8 bytes of header, for kXR_status 24 more, then data. Data of kXR_status
// are not part of the length in the header but stand in the 24 bytes (protocol 5.2).
#include "cli/bench/answer_parser.h"

#include "base/checksum.h"

#include <algorithm>
#include <cstring>

namespace sluice::cli::bench {

bool AnswerParser::consume(ByteView bytes, AnswerVisitor& visitor) {
  while (!bytes.empty()) {
    if (!in_data_) {
      if (!take_header(bytes, visitor)) return false;
      continue;
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(data_left_, bytes.size()));
    visitor.on_data(answer_, bytes.first(n));
    bytes = bytes.subspan(n);
    take_data(n, visitor);
  }
  return true;
}

void AnswerParser::drop(std::uint64_t n, AnswerVisitor& visitor) { take_data(n, visitor); }

void AnswerParser::take_data(std::uint64_t n, AnswerVisitor& visitor) {
  data_left_ -= n;
  if (data_left_ > 0) return;
  in_data_ = false;
  have_ = 0;
  want_ = xroot::response_header_size;
  visitor.on_end(answer_);
}

bool AnswerParser::take_header(ByteView& bytes, AnswerVisitor& visitor) {
  const std::size_t n = std::min(want_ - have_, bytes.size());
  std::memcpy(header_.data() + have_, bytes.data(), n);
  bytes = bytes.subspan(n);
  have_ += n;
  if (have_ < want_) return true;

  if (want_ == xroot::response_header_size) {
    if (!read_plain_header()) return false;
    if (answer_.status == xroot::ResponseStatus::status) {
      want_ += status_body;
      return true;
    }
  } else {
    read_status_body();
  }
  if (answer_.length > max_data) return false;
  data_left_ = answer_.length;
  in_data_ = true;
  if (data_left_ == 0) take_data(0, visitor);
  return true;
}

bool AnswerParser::read_plain_header() {
  const auto header =
      xroot::ResponseHeader::decode(std::span(header_).first<xroot::response_header_size>());
  if (header.length < 0) return false;
  answer_ = {load_be<std::uint16_t>(header.stream), header.status};
  answer_.last = header.status != xroot::ResponseStatus::oksofar;
  answer_.length = static_cast<std::uint64_t>(header.length);
  return header.status != xroot::ResponseStatus::status || answer_.length == status_body;
}

void AnswerParser::read_status_body() {
  const ByteView body = ByteView(header_).subspan(xroot::response_header_size);
  Reader in(body);
  const auto sum = in.be<std::uint32_t>();
  const auto stream = in.be<std::uint16_t>();
  in.take(1);  // request number
  const auto kind = in.be<std::uint8_t>();
  in.take(4);
  const auto length = in.be<std::int32_t>();
  answer_.offset = in.be<std::uint64_t>();
  answer_.header_valid = sum == crc32c(body.subspan(4)) && stream == answer_.stream && length >= 0;
  answer_.last = kind == 0;
  answer_.length = static_cast<std::uint64_t>(std::max(length, 0));
}

}  // namespace sluice::cli::bench
