// SPDX-License-Identifier: Apache-2.0
// The way of a connection to its first operation, and to other servers; operations.cpp has what it
// does then.
#include "cli/bench/connection.h"

#include "base/text.h"
#include "cli/bench/requests.h"
#include "cli/bench/worker.h"
#include "xroot/responses.h"

#include <fmt/format.h>

namespace sluice::cli::bench {

namespace {

constexpr std::size_t max_links = 64;  // servers that one connection is sent to

bool has_large_answers(const Workload& load) {
  switch (load.mode) {
    case Mode::seqread:
    case Mode::randread:
    case Mode::pgread:
    case Mode::open:
      return load.size.count >= Link::drop_threshold;
    case Mode::vread:
      return load.size.count * load.items >= Link::drop_threshold;
    case Mode::write:
    case Mode::pgwrite:
    case Mode::stat:
    case Mode::create:
    case Mode::remove:
    case Mode::connect:
    case Mode::ping:
      return false;
  }
  return false;
}

bool drops_data(const Workload& load) { return !load.verify && has_large_answers(load); }

}  // namespace

Connection::Connection(Worker& worker, unsigned index)
    : worker_(worker),
      plan_(worker.plan()),
      index_(index),
      path_(path_of(plan_.target(index), index)),
      home_(worker, *this, drops_data(plan_.load)),
      walk_(load(), load().file_size.count, index, static_cast<unsigned>(load().connections)),
      numbers_(load(), index),
      slots_(load().mode == Mode::connect ? 1 : load().depth) {
  if (!load().verify) return;
  for (Slot& slot : slots_) slot.check = std::make_unique<ContentCheck>();
}

void Connection::lose(std::string why) {
  if (phase_ == Phase::lost) return;
  failure_ = std::move(why);
  phase_ = Phase::lost;
  in_flight_ = 0;
  home_.close();
  for (auto& [address, link] : elsewhere_) link->close();
}

void Connection::prepare() {
  phase_ = load().mode == Mode::connect ? Phase::ready : Phase::setup;
  if (phase_ == Phase::ready) return;
  if (Status opened = home_.open(plan_.address(index_)); !opened) lose(opened.error().message());
  flush();
}

void Connection::flush() {
  home_.flush();
  for (auto& [address, link] : elsewhere_) link->flush();
}

void Connection::on_received(Link& link) {
  if (cycle_ended_) next_cycle();
  // A redirect may have queued something at any link, but nearly always there is one.
  if (elsewhere_.empty()) return link.flush();
  flush();
}

void Connection::on_broken(std::string why) {
  if (running_) worker_.count_error(Clock::now(), why);
  if (running_ && load().mode == Mode::connect) {
    cycle_ended_ = true;
    return;
  }
  lose(std::move(why));
}

void Connection::on_login(Link& link) {
  if (&link != &home_) return;
  if (load().mode == Mode::connect) {
    worker_.count(slots_[0].issued, now_, 0);
    ++operations_;
    cycle_ended_ = true;
    return;
  }
  const Needs needs = row_of(load().mode).needs;
  const bool opens_later = load().mode == Mode::open;
  if (opens_later || (needs != Needs::file_to_read && needs != Needs::file_to_write)) {
    phase_ = Phase::ready;
    return;
  }
  opening_ = path_;
  open_file(link, opening_);
}

void Connection::open_file(Link& link, std::string_view path) {
  if (row_of(load().mode).needs == Needs::file_to_write)
    return put_open_to_write(link.out().text(), 0, path);
  put_open_to_read(link.out().text(), 0, path);
}

bool Connection::looks_at(const Answer& answer) const {
  if (phase_ != Phase::ready) return true;
  if (answer.status != xroot::ResponseStatus::ok &&
      answer.status != xroot::ResponseStatus::oksofar &&
      answer.status != xroot::ResponseStatus::status) {
    return true;
  }
  const bool opens = load().mode == Mode::open || load().mode == Mode::create;
  return opens && answer.stream < slots_.size() && slots_[answer.stream].step == 0;
}

void Connection::on_data(const Answer& answer, ByteView piece) {
  if (load().verify && answer.stream < slots_.size()) slots_[answer.stream].check->feed(piece);
}

void Connection::on_answer(Link& link, const Answer& answer, ByteView body) {
  if (phase_ == Phase::ready) return on_operation_answer(answer, body);
  if (answer.status == xroot::ResponseStatus::redirect && ++hops_ <= max_hops) {
    auto next = follow(body, opening_);
    if (!next) return lose(next.error().message());
    serving_ = *next;
    return open_file(*serving_, opening_);
  }
  serving_ = &link;
  on_opened(answer, body);
}

void Connection::on_opened(const Answer& answer, ByteView body) {
  if (answer.status != xroot::ResponseStatus::ok)
    return on_broken("set-up failed: " + refusal(answer, body));
  if (Status taken = take_file(body); !taken) return lose(taken.error().message());
  phase_ = Phase::ready;
}

// The handle and, behind the compression fields, "id size flags mtime" from the answer to open.
Status Connection::take_file(ByteView body) {
  Reader in(body);
  handle_ = in.be<std::uint32_t>();
  in.take(8);
  const std::vector<std::string_view> words = split(in.text(), ' ');
  if (in.failed() || words.size() < 4)
    return fail(Errc::protocol, "open: answer without file status");
  if (row_of(load().mode).needs == Needs::file_to_write) return {};
  SLUICE_TRY(const auto size, parse_int<std::uint64_t>(words[1], 0, INT64_MAX));
  const std::uint64_t items = load().mode == Mode::vread ? load().items : 1;
  if (size < load().size.count * items) {
    return fail(Errc::usage,
                fmt::format("{}: {} bytes are too few for one operation", path_, size));
  }
  walk_ = Walk(load(), size, index_, static_cast<unsigned>(load().connections));
  return {};
}

Result<Link*> Connection::follow(ByteView body, std::string& path) {
  SLUICE_TRY(const auto there, xroot::RedirectAnswer::decode(body));
  if (there.is_url) return fail(Errc::unsupported, "redirected to a URL");
  if (!there.cgi.empty()) {
    path += path.find('?') == std::string::npos ? '?' : '&';
    path += there.cgi;
  }
  std::string address = fmt::format("{}:{}", there.target, there.port);
  auto& link = elsewhere_[address];
  if (link && link->is_open()) return link.get();
  if (elsewhere_.size() > max_links) return fail(Errc::protocol, "redirected to too many servers");
  SLUICE_TRY(const Address resolved, resolve(std::string(there.target), there.port));
  if (!link) link = std::make_unique<Link>(worker_, *this, drops_data(load()));
  SLUICE_CHECK(link->open(resolved));
  return link.get();
}

}  // namespace sluice::cli::bench
