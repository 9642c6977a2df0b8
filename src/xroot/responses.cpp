// SPDX-License-Identifier: Apache-2.0
// Layouts: xroot protocol 5.2; where servers in the field differ from it, the comment says what
// they do.
#include "xroot/responses.h"

#include "base/checksum.h"
#include "base/units.h"
#include "xroot/opaque.h"
#include "xroot/requests/auth.h"

#include <algorithm>
#include <limits>

namespace sluice::xroot {
namespace {

constexpr std::uint16_t first_request = Auth::id;  // PageStatus counts requests from here
constexpr std::size_t max_attribute_value = 65536;
constexpr std::uint32_t kind_manager = 0;
constexpr std::uint32_t kind_data_server = 1;

tl::unexpected<Error> torn(std::string_view what) {
  return fail(Errc::protocol, "answer is torn: " + std::string(what));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

// Reader::finish() with the error a client has to report.
template <class T>
Result<T> finish(const Reader& in, T value, std::string_view what) {
  if (in.failed() || !in.empty()) return torn(what);
  return value;
}

}  // namespace

// --- connection start
// -------------------------------------------------------------------------------------------------

void encode_hello(std::span<std::byte, hello_size> out) {
  for (std::size_t i = 0; i < hello_words.size(); ++i) {
    store_be(std::span<std::byte, 4>(out.data() + 4 * i, 4), hello_words[i]);
  }
}

bool is_hello(std::span<const std::byte, hello_size> in) {
  std::array<std::byte, hello_size> expected;
  encode_hello(expected);
  return std::ranges::equal(in, expected);
}

Result<HelloAnswer> HelloAnswer::decode(ByteView body) {
  Reader in(body);
  HelloAnswer answer;
  answer.version = in.be<std::uint32_t>();
  answer.is_data_server = in.be<std::uint32_t>() == kind_data_server;
  return finish(in, answer, "hello");
}

void HelloAnswer::encode(Body& out) const {
  Writer(out).be(version).be(is_data_server ? kind_data_server : kind_manager);
}

namespace {

constexpr std::uint8_t sign_data_bit = 1;
constexpr std::uint8_t without_encryption_bit = 2;
constexpr std::uint8_t highest_level = 4;

Result<SigningRules> decode_signing(Reader& in) {
  SigningRules rules;
  in.take(2);  // reserved, version 0
  const auto options = in.be<std::uint8_t>();
  rules.sign_data = (options & sign_data_bit) != 0;
  rules.without_encryption = (options & without_encryption_bit) != 0;
  rules.level = std::min(in.be<std::uint8_t>(), highest_level);
  const std::size_t count = in.be<std::uint8_t>();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const auto index = in.be<std::uint8_t>();
    rules.exceptions.emplace_back(index, in.be<std::uint8_t>());
  }
  if (in.failed()) return torn("signing rules");
  return rules;
}

}  // namespace

Result<ProtocolAnswer> ProtocolAnswer::decode(ByteView body) {
  Reader in(body);
  ProtocolAnswer answer;
  answer.version = in.be<std::uint32_t>();
  answer.flags = in.be<std::uint32_t>();
  if (in.failed()) return torn("protocol");
  if (!in.empty() && in.rest()[0] == std::byte{'B'}) {
    in.take(2);
    // Tag, reserved and length, then text padded so that the whole block is a multiple of 8.
    const std::size_t length = in.be<std::uint16_t>();
    in.take((4 + length + 7) / 8 * 8 - 4);
    if (in.failed()) return torn("bind rules");
  }
  if (!in.empty() && in.rest()[0] == std::byte{'S'}) {
    in.take(1);
    SLUICE_TRY(answer.signing, decode_signing(in));
  }
  return answer;  // what may follow is from a newer protocol
}

void ProtocolAnswer::encode(Body& out) const {
  Writer to(out);
  to.be(version).be(flags);
  if (!signing) return;
  const unsigned options = (signing->sign_data ? sign_data_bit : 0u) |
                           (signing->without_encryption ? without_encryption_bit : 0u);
  to.text("S").zeros(2).be(static_cast<std::uint8_t>(options)).be(signing->level);
  to.be(static_cast<std::uint8_t>(signing->exceptions.size()));
  for (auto [index, requirement] : signing->exceptions) to.be(index).be(requirement);
}

Result<LoginAnswer> LoginAnswer::decode(ByteView body) {
  Reader in(body);
  LoginAnswer answer;
  const ByteView session = in.take(answer.session.size());
  if (in.failed()) return torn("login");
  std::ranges::copy(session, answer.session.begin());
  answer.security = in.text();
  return answer;
}

void LoginAnswer::encode(Body& out) const { Writer(out).bytes(session).text(security); }

Result<BindAnswer> BindAnswer::decode(ByteView body) {
  Reader in(body);
  const BindAnswer answer{in.be<std::uint8_t>()};
  return finish(in, answer, "bind");
}

void BindAnswer::encode(Body& out) const { Writer(out).be(path_id); }

// --- files
// ------------------------------------------------------------------------------------------------------------

Result<OpenAnswer> OpenAnswer::decode(ByteView body) {
  Reader in(body);
  OpenAnswer answer;
  answer.handle = in.be<std::uint32_t>();
  if (in.failed()) return torn("open");
  if (in.empty()) return answer;
  in.take(8);  // page size and type of a compression that no server offers
  if (in.failed()) return torn("open");
  if (const std::string_view text = in.text(); !text.empty()) {
    SLUICE_TRY(answer.stat, parse_stat(text));
  }
  return answer;
}

void OpenAnswer::encode(Body& out) const {
  Writer to(out);
  to.be(handle);
  if (stat) to.zeros(8).c_text(format_stat(*stat));
}

Result<CheckpointAnswer> CheckpointAnswer::decode(ByteView body) {
  Reader in(body);
  CheckpointAnswer answer;
  answer.max_bytes = in.be<std::uint32_t>();
  answer.used_bytes = in.be<std::uint32_t>();
  return finish(in, answer, "checkpoint");
}

void CheckpointAnswer::encode(Body& out) const { Writer(out).be(max_bytes).be(used_bytes); }

Result<PageStatus> PageStatus::decode(std::span<const std::byte, wire_size> body) {
  Reader in(body);
  if (in.be<std::uint32_t>() != crc32c(in.rest()))
    return fail(Errc::checksum, "CRC of a page status is wrong");
  PageStatus status;
  std::ranges::copy(in.take(2), status.stream.begin());
  status.request = static_cast<std::uint16_t>(first_request + in.be<std::uint8_t>());
  const auto part = in.be<std::uint8_t>();
  if (part > static_cast<std::uint8_t>(Part::progress))
    return fail(Errc::protocol, "page status of an unknown type");
  status.part = static_cast<Part>(part);
  in.take(4);
  status.data_length = in.be<std::uint32_t>();
  status.offset = in.be<std::uint64_t>();
  if (status.data_length > std::numeric_limits<std::int32_t>::max() ||
      status.offset > std::numeric_limits<std::int64_t>::max()) {
    return fail(Errc::protocol, "page status with a negative length or offset");
  }
  return status;
}

void PageStatus::encode(std::span<std::byte, wire_size> out) const {
  out[4] = stream[0];
  out[5] = stream[1];
  out[6] = static_cast<std::byte>(request - first_request);
  out[7] = static_cast<std::byte>(part);
  store_be(out.subspan<8, 4>(), std::uint32_t{0});
  store_be(out.subspan<12, 4>(), data_length);
  store_be(out.subspan<16, 8>(), offset);
  store_be(out.subspan<0, 4>(), crc32c(out.subspan<4>()));
}

void PageStatus::encode(Body& out) const {
  out.resize(out.size() + wire_size);
  encode(ByteSpan(out).last<wire_size>());
}

Result<BadPages> BadPages::decode(ByteView body) {
  Reader in(body);
  if (in.be<std::uint32_t>() != crc32c(in.rest()))
    return fail(Errc::checksum, "CRC of a list of bad pages is wrong");
  BadPages pages;
  pages.first_length = in.be<std::uint16_t>();
  pages.last_length = in.be<std::uint16_t>();
  if (in.failed() || in.empty() || in.rest().size() % 8 != 0) return torn("list of bad pages");
  if (pages.first_length > page_size || pages.last_length > page_size)
    return torn("length of a bad page");
  while (!in.empty()) pages.offsets.push_back(in.be<std::uint64_t>());
  return pages;
}

void BadPages::encode(Body& out) const {
  const std::size_t start = out.size();
  Writer to(out);
  to.zeros(4).be(first_length).be(last_length);
  for (std::uint64_t offset : offsets) to.be(offset);
  const ByteSpan all = ByteSpan(out).subspan(start);
  store_be(all.first<4>(), crc32c(all.subspan(4)));
}

// --- metadata
// ---------------------------------------------------------------------------------------------------------

void encode_text(Body& out, std::string_view text) { Writer(out).c_text(text); }

std::string_view decode_text(ByteView body) { return Reader(body).text(); }

Result<LocateAnswer> LocateAnswer::decode(ByteView body) {
  LocateAnswer answer;
  std::string_view rest = decode_text(body);
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word.empty()) continue;
    if (word.size() < 3 || std::string_view("MmSs").find(word[0]) == std::string_view::npos ||
        std::string_view("rw").find(word[1]) == std::string_view::npos) {
      return fail(Errc::protocol, "location is not [MmSs][rw]host:port");
    }
    answer.locations.push_back({word[0] == 'M' || word[0] == 'm', word[0] == 'm' || word[0] == 's',
                                word[1] == 'w', word.substr(2)});
  }
  return answer;
}

void LocateAnswer::encode(Body& out) const {
  std::string text;
  for (const Location& location : locations) {
    if (!text.empty()) text += ' ';
    const char kind = location.is_manager ? 'M' : 'S';
    text += location.is_pending ? static_cast<char>(kind + ('a' - 'A')) : kind;
    text += location.can_write ? 'w' : 'r';
    text += location.address;
  }
  encode_text(out, text);
}

bool AttributeResult::operator==(const AttributeResult& other) const {
  return name == other.name && error == other.error && std::ranges::equal(value, other.value);
}

namespace {

Result<ByteView> read_value(Reader& in) {
  const auto length = in.be<std::uint32_t>();
  if (length > max_attribute_value)
    return fail(Errc::protocol, "attribute value is longer than 65536 bytes");
  const ByteView value = in.take(length);
  if (in.failed()) return torn("attribute value");
  return value;
}

}  // namespace

Result<AttributeAnswer> AttributeAnswer::decode(ByteView body, bool with_values) {
  Reader in(body);
  AttributeAnswer answer;
  in.take(1);  // number of errors: the results say it too
  answer.results.resize(in.be<std::uint8_t>());
  for (AttributeResult& result : answer.results) {
    const auto code = in.be<std::uint16_t>();
    if (code != 0) result.error = errc_from_xroot(code);
    result.name = in.c_text();
    if (in.failed()) return torn("attribute names");
  }
  if (with_values) {
    for (AttributeResult& result : answer.results) {
      SLUICE_TRY(result.value, read_value(in));
    }
  }
  return finish(in, std::move(answer), "attributes");
}

void AttributeAnswer::encode(Body& out, bool with_values) const {
  Writer to(out);
  const auto failed =
      std::ranges::count_if(results, [](const AttributeResult& r) { return r.error.has_value(); });
  to.be(static_cast<std::uint8_t>(failed)).be(static_cast<std::uint8_t>(results.size()));
  for (const AttributeResult& result : results) {
    to.be<std::uint16_t>(result.error ? error_row(*result.error).xroot : std::uint16_t{0})
        .c_text(result.name);
  }
  if (!with_values) return;
  // A failed name has a value too, an empty one: XrdCl reads one length per name.
  for (const AttributeResult& result : results) {
    const ByteView value = result.error ? ByteView{} : result.value;
    to.be(static_cast<std::uint32_t>(value.size())).bytes(value);
  }
}

Result<AttributeList> AttributeList::decode(ByteView body, bool with_values) {
  Reader in(body);
  AttributeList list;
  while (!in.empty()) {
    AttributeResult& one = list.attributes.emplace_back();
    one.name = in.c_text();
    if (in.failed()) return torn("attribute names");
    if (with_values) {
      SLUICE_TRY(one.value, read_value(in));
    }
  }
  return list;
}

void AttributeList::encode(Body& out, bool with_values) const {
  Writer to(out);
  for (const AttributeResult& one : attributes) {
    to.c_text(one.name);
    if (with_values) to.be(static_cast<std::uint32_t>(one.value.size())).bytes(one.value);
  }
}

Result<ChecksumAnswer> ChecksumAnswer::decode(ByteView body) {
  const std::string_view text = decode_text(body);
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0 || blank + 1 == text.size() ||
      text.find(' ', blank + 1) != std::string_view::npos) {
    return fail(Errc::protocol, "checksum is not \"type value\"");
  }
  return ChecksumAnswer{text.substr(0, blank), text.substr(blank + 1)};
}

void ChecksumAnswer::encode(Body& out) const { Writer(out).text(type).text(" ").c_text(value); }

namespace {

Result<std::int64_t> space_number(const Opaque& text, std::string_view key, std::int64_t lowest) {
  auto number = parse_int<std::int64_t>(text.get(key).value_or(""), lowest,
                                        std::numeric_limits<std::int64_t>::max());
  if (!number)
    return fail(Errc::protocol, std::string(key) + " of a space: " + number.error().detail);
  return *number;
}

}  // namespace

Result<SpaceAnswer> SpaceAnswer::decode(ByteView body) {
  const Opaque text(decode_text(body));
  SpaceAnswer answer;
  answer.group = text.get("oss.cgroup").value_or("");
  for (auto [key, field] :
       {std::pair{"oss.space", &answer.total}, std::pair{"oss.free", &answer.free},
        std::pair{"oss.maxf", &answer.largest_free}, std::pair{"oss.used", &answer.used}}) {
    SLUICE_TRY(const auto number, space_number(text, key, 0));
    *field = static_cast<std::uint64_t>(number);
  }
  if (text.get("oss.quota")) {
    SLUICE_TRY(answer.quota, space_number(text, "oss.quota", -1));
  }
  return answer;
}

void SpaceAnswer::encode(Body& out) const {
  std::string text = "oss.cgroup=" + std::string(group);
  text += "&oss.space=" + std::to_string(total) + "&oss.free=" + std::to_string(free);
  text += "&oss.maxf=" + std::to_string(largest_free) + "&oss.used=" + std::to_string(used);
  text += "&oss.quota=" + std::to_string(quota);
  encode_text(out, text);
}

Result<ConfigAnswer> ConfigAnswer::decode(ByteView body) {
  std::string_view text = decode_text(body);
  ConfigAnswer answer;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view value = text.substr(0, end);
    if (std::ranges::any_of(value, is_control))
      return fail(Errc::protocol, "configuration has control characters");
    answer.values.push_back(value);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return answer;
}

void ConfigAnswer::encode(Body& out) const {
  Writer to(out);
  for (std::string_view value : values) to.text(value).text("\n");
}

// --- what any request can be answered with
// ----------------------------------------------------------------------------

Result<RedirectAnswer> RedirectAnswer::decode(ByteView body) {
  Reader in(body);
  const auto port = in.be<std::int32_t>();
  std::string_view text = in.text();
  if (body.size() < 4 || text.empty()) return torn("redirect");
  if (port > std::numeric_limits<std::uint16_t>::max())
    return fail(Errc::protocol, "redirect to an impossible port");
  RedirectAnswer answer;
  answer.is_url = port < 0;
  if (answer.is_url) answer.option_bits = ~static_cast<std::uint32_t>(port);
  if (port > 0) answer.port = static_cast<std::uint16_t>(port);
  const std::size_t query = std::min(text.find('?'), text.size());
  answer.target = text.substr(0, query);
  text.remove_prefix(std::min(query + 1, text.size()));
  const std::size_t token = std::min(text.find('?'), text.size());
  answer.cgi = text.substr(0, token);
  answer.login_token = text.substr(std::min(token + 1, text.size()));
  if (answer.target.empty()) return fail(Errc::protocol, "redirect without a host");
  // TAB is what separates the pairs of tpc.scgi.
  const auto breaks_cgi = [](char c) { return is_control(c) && c != '\t'; };
  if (std::ranges::any_of(answer.target, is_control) ||
      std::ranges::any_of(answer.login_token, is_control) ||
      std::ranges::any_of(answer.cgi, breaks_cgi)) {
    return fail(Errc::protocol, "redirect has control characters");
  }
  return answer;
}

void RedirectAnswer::encode(Body& out) const {
  Writer to(out);
  to.be(is_url ? static_cast<std::int32_t>(~option_bits) : std::int32_t{port}).text(target);
  if (!cgi.empty() || !login_token.empty()) to.text("?").text(cgi);
  if (!login_token.empty()) to.text("?").text(login_token);
}

Result<WaitAnswer> WaitAnswer::decode(ByteView body) {
  Reader in(body);
  const auto seconds = in.be<std::int32_t>();
  if (in.failed() || seconds < 0) return torn("wait");
  return WaitAnswer{static_cast<std::uint32_t>(seconds), in.text()};
}

void WaitAnswer::encode(Body& out) const { Writer(out).be(seconds).text(text); }

bool Attention::operator==(const Attention& other) const {
  if (answer.has_value() != other.answer.has_value()) return false;
  if (answer && (answer->stream != other.answer->stream || answer->status != other.answer->status ||
                 answer->length != other.answer->length)) {
    return false;
  }
  return std::ranges::equal(body, other.body) && message == other.message;
}

Result<Attention> Attention::decode(ByteView body) {
  Reader in(body);
  Attention attention;
  const auto action = in.be<std::int32_t>();
  if (in.failed()) return torn("attn");
  if (action == attn_asyncms) {
    attention.message = in.text();
    return attention;
  }
  if (action != attn_asynresp)
    return fail(Errc::unsupported, "attn with action " + std::to_string(action));
  in.take(4);
  const ByteView header = in.take(response_header_size);
  if (in.failed()) return torn("asynresp");
  attention.answer = ResponseHeader::decode(header.first<response_header_size>());
  if (attention.answer->length < 0) return torn("asynresp");
  attention.body = in.take(static_cast<std::size_t>(attention.answer->length));
  return finish(in, attention, "asynresp");
}

void Attention::encode(Body& out) const {
  Writer to(out);
  if (!answer) {
    to.be(attn_asyncms).c_text(message);
    return;
  }
  to.be(attn_asynresp).zeros(4);
  out.resize(out.size() + response_header_size);
  ResponseHeader header = *answer;
  header.length = static_cast<std::int32_t>(body.size());
  header.encode(ByteSpan(out).last<response_header_size>());
  to.bytes(body);
}

Result<ErrorAnswer> ErrorAnswer::decode(ByteView body) {
  Reader in(body);
  const auto code = in.be<std::uint32_t>();
  if (in.failed()) return torn("error");
  return ErrorAnswer{code, in.text().substr(0, max_error_text)};
}

void ErrorAnswer::encode(Body& out) const {
  Writer(out).be(code);
  std::size_t length = std::min(text.size(), max_error_text);
  // Not in the middle of a UTF-8 character: no byte 10xxxxxx may be the first that is cut.
  while (length < text.size() && length > 0 && (text[length] & 0xc0) == 0x80) --length;
  for (char c : text.substr(0, length)) {
    out.push_back(static_cast<std::byte>(is_control(c) ? ' ' : c));
  }
  out.push_back(std::byte{0});
}

Error ErrorAnswer::to_error() const {
  // What a server says ends on a terminal: no byte of it may steer that.
  std::string shown(text);
  std::ranges::replace_if(shown, is_control, ' ');
  return {errc_from_xroot(code), std::move(shown), std::source_location::current()};
}

void encode_error(Body& out, const Error& error) {
  ErrorAnswer{error_row(error.code).xroot, error.message()}.encode(out);
}

}  // namespace sluice::xroot
