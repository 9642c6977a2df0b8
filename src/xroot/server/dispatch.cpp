// SPDX-License-Identifier: Apache-2.0
// From bytes to handlers and from handlers' results to frames.
#include "xroot/server/session.h"

namespace sluice::xroot::server {

Session::Step Session::next_request() {
  for (;;) {
    ByteView bytes = main_.in.bytes();
    need_ = request_header_size;
    if (bytes.size() < need_) return Step::more;
    if (awaits_tls_ && is_authorised_ && is_client_hello(bytes)) {
      flow_ = begin_tls();
      return Step::flow;
    }
    auto header = RequestHeader::decode(bytes.first<request_header_size>());
    Demand demand = demand_of(header);
    if (demand.error) return refuse(header, std::move(*demand.error), true);
    need_ += demand.payload;
    if (bytes.size() < need_) return Step::more;
    main_.in.consume(need_);
    const ByteView payload = bytes.subspan(request_header_size, demand.payload);
    if (header.id == Sigver::id && is_authorised_) {
      // Has no answer of its own; where nothing needs to be signed it is dropped.
      Status noted = signs() ? signatures_.note(header, payload) : Status();
      if (!noted) return refuse(header, std::move(noted).error(), true);
      continue;
    }
    if (signs() && demand.row != nullptr) {
      Status good = check_signature(header, bytes.first<request_header_size>(), payload);
      if (!good) return refuse(header, std::move(good).error(), true);
    }
    Step step =
        demand.row != nullptr ? start(*demand.row, header, payload) : refuse_unknown(header);
    if (step != Step::more) return step;
    if (main_.out.behind()) return Step::drain;
  }
}

// What a request must bring before it is looked at, and whether it may: every bound is checked
// here, before anything is kept for it.
Session::Demand Session::demand_of(const RequestHeader& header) const {
  auto refused = [](Errc code, std::string text) {
    return Demand{nullptr, 0, Error{code, std::move(text), std::source_location::current()}};
  };
  if (header.length < 0)
    return refused(Errc::invalid_argument, "the length of the request is negative");
  auto length = static_cast<std::size_t>(header.length);
  bool known = header.id >= first_request_id && header.id <= last_request_id;
  const Row* row = known ? &service_->table[header.id - first_request_id] : nullptr;
  if (row == nullptr || row->start == nullptr) {
    if (!logged_in()) return refused(Errc::invalid_request, "request before login");
    const std::size_t longest = header.id == Sigver::id ? Sigver::max_payload : max_plain_payload;
    if (length > longest) return refused(Errc::too_long, "payload of an unknown request");
    return {nullptr, length, {}};
  }
  if (row->gate != Gate::connected && !logged_in()) {
    return refused(Errc::invalid_request, fmt::format("{} before login", row->name));
  }
  if (row->gate == Gate::authorised && !is_authorised_)
    return refused(Errc::invalid_request, fmt::format("{} before authentication", row->name));
  // Of write and pgwrite nothing precedes the data, and the length is that of the data.
  bool only_data = row->streams_data && row->max_payload == 0;
  std::uint64_t most = only_data ? service_->config.max_frame.count : row->max_payload;
  // A payload that is merely too long or not wanted is taken in and left to the decoder, so that
  // the connection can go on; behind a writev follow data, and strangers get no memory.
  if (is_authorised_ && !row->streams_data) most = std::max<std::uint64_t>(most, max_plain_payload);
  if (row->id == Pgwrite::id) most += (most / page_size + 2) * (page_unit - page_size);
  if (length > most) {
    return refused(Errc::too_long,
                   fmt::format("{} takes at most {} bytes, not {}", row->name, most, length));
  }
  return {row, only_data ? 0 : length, {}};
}

// Not on encrypted connections, and only where the client has a key, or is told to sign without one.
bool Session::signs() const {
  return service_->config.sign_level != 0 && !is_encrypted() &&
         (cipher_ != nullptr ||
          (service_->config.sign_without_key && service_->gatekeeper->chain().asks()));
}

Status Session::check_signature(const RequestHeader& header, HeaderBytes bytes, ByteView payload) {
  const std::size_t level = service_->config.sign_level;
  constexpr std::size_t intense = 3;
  if (level >= intense && (header.id == Writev::id || header.id == Clone::id)) {
    return fail(Errc::signature, fmt::format("no client signs {}, and this server wants it signed",
                                             request_name(header.id)));
  }
  const bool is_needed = is_authorised_ && must_be_signed(level, header.id, header.body, payload);
  SLUICE_CHECK(signatures_.check(bytes, payload, is_needed, cipher_.get()));
  if (is_needed) service_->counters.signed_requests.add();
  return {};
}

Session::Step Session::refuse_unknown(const RequestHeader& header) {
  bool known = header.id >= first_request_id && header.id <= last_request_id;
  constexpr unsigned patience = 3;
  return refuse(
      header,
      {known ? Errc::unsupported : Errc::invalid_request, std::string(request_name(header.id)), {}},
      ++bad_requests_ >= patience);
}

Session::Step Session::refuse(const RequestHeader& header, Error error, bool close) {
  Exchange exchange{this, &main_, &main_, header.stream, header.id, 0, nullptr, false, nullptr};
  exchange.error(error);
  if (close) closing_ = true;
  return close ? Step::end : Step::more;
}

Session::Step Session::start(const Row& row, const RequestHeader& header, ByteView payload) {
  bad_requests_ = 0;
  if (!is_encrypted() && must_be_encrypted(service_->tls.rules, row.id, row.gate, payload)) {
    // Behind the answer to a write come its data, which nobody takes.
    return refuse(header, {Errc::tls_required, fmt::format("{} needs TLS", row.name), {}},
                  row.streams_data);
  }
  Exchange exchange{this,          &main_,    &main_,
                    header.stream, header.id, static_cast<std::uint32_t>(header.length),
                    nullptr,       false,     nullptr};
  flow_ = row.start(std::move(exchange), header.body, payload);
  // One look at the clock per request: the end of one is the beginning of the next.
  auto now = Clock::now();
  service_->counters.requests[header.id - first_request_id].seconds->observe_ns(
      static_cast<std::uint64_t>((now - batch_time_).count()));
  batch_time_ = now;
  if (flow_) return Step::flow;
  loop().note_small(now);
  if (closing_) return Step::end;
  return group_->size() >= service_->config.max_outstanding ? Step::drain : Step::more;
}

void Exchange::frame(ResponseStatus status, ByteView body) const {
  if (note) {
    note->answer(status, body);
  } else if (status == ResponseStatus::error) {
    session->note_refusal(*this, body);
  }
  auto size = static_cast<std::int32_t>(body.size());
  if (!announced) return out->out.append({stream, status, size}, body);
  std::vector<std::byte> wrapped(8 + response_header_size);
  store_be<std::int32_t>(ByteSpan(wrapped).first<4>(), attn_asynresp);
  ResponseHeader{stream, status, size}.encode(ByteSpan(wrapped).subspan<8, response_header_size>());
  Writer(wrapped).bytes(body);
  out->out.append({{}, ResponseStatus::attn, static_cast<std::int32_t>(wrapped.size())}, wrapped);
}

void Exchange::sent() const {
  if (note) note->finish("ok");
}

void Exchange::ok(ByteView body) const { frame(ResponseStatus::ok, body); }

void Exchange::error(const Error& failure) const {
  std::string text = failure.message();
  if (text.size() > max_error_text) text.resize(max_error_text);
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' '; }, ' ');
  std::vector<std::byte> body;
  // The NUL is compulsory: clients cut the last byte off without looking.
  Writer(body).be<std::int32_t>(error_row(failure.code).xroot).c_text(text);
  frame(ResponseStatus::error, body);
  if (id >= first_request_id && id <= last_request_id) {
    session->service().counters.requests[id - first_request_id].failed->add();
  }
}

void Exchange::reply(Result<Reply> answer) const {
  if (!answer) return error(answer.error());
  if (answer->opened) {
    if (!session->can_open_more()) {
      return error({Errc::overloaded, "too many open files on this connection", {}});
    }
    std::uint32_t handle = session->insert_file(std::move(answer->opened));
    store_be<std::uint32_t>(ByteSpan(answer->body).first<4>(), handle);
  }
  frame(answer->status, answer->body);
}

std::shared_ptr<File> Session::file(std::uint32_t handle) const {
  std::size_t index = handle >> 16;
  if (index >= files_.size() || files_[index].generation != (handle & 0xffff)) return nullptr;
  return files_[index].file;
}

std::shared_ptr<File> Session::take_file(std::uint32_t handle) {
  std::shared_ptr<File> file = this->file(handle);
  if (!file) return nullptr;
  Slot& slot = files_[handle >> 16];
  slot.file.reset();
  ++slot.generation;  // a stale handle never matches
  --open_files_;
  service_->counters.open_files.add(-1);
  return file;
}

bool Session::can_open_more() const { return open_files_ < service_->config.max_files; }

std::uint32_t Session::insert_file(std::shared_ptr<File> opened) {
  auto place = std::ranges::find_if(files_, [](const Slot& slot) { return !slot.file; });
  if (place == files_.end()) place = files_.insert(files_.end(), Slot{});
  place->file = std::move(opened);
  ++open_files_;
  service_->counters.open_files.add(1);
  return (static_cast<std::uint32_t>(place - files_.begin()) << 16) | place->generation;
}

}  // namespace sluice::xroot::server
