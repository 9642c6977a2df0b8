// SPDX-License-Identifier: Apache-2.0
// What a connection does over and over: issue an operation in a free slot, judge its answer, count
// it, issue the next. An operation may have steps (open, read, close); its latency is that of all
// of them.
#include "cli/bench/connection.h"
#include "cli/bench/requests.h"
#include "cli/bench/worker.h"

#include <algorithm>

namespace sluice::cli::bench {

void Connection::begin() {
  running_ = true;
  now_ = Clock::now();
  for (std::size_t i = 0; i < slots_.size() && !numbers_.is_used_up(); ++i)
    start_operation(static_cast<std::uint16_t>(i));
  flush();
}

Clock::time_point Connection::oldest(Clock::time_point now) const {
  for (const Slot& slot : slots_) {
    if (slot.busy) now = std::min(now, slot.issued);
  }
  return now;
}

void Connection::start_operation(std::uint16_t number) {
  Slot& slot = slots_[number];
  slot.issued = now_;
  slot.step = 0;
  slot.hops = 0;
  slot.busy = true;
  slot.link = serving_;
  slot.path = next_path();
  slot.problem.clear();
  ++in_flight_;
  issue(number);
}

std::string Connection::next_path() {
  return numbers_.is_needed() ? with_number(path_, numbers_.next()) : path_;
}

void Connection::issue(std::uint16_t number) {
  Slot& slot = slots_[number];
  slot.received = 0;
  switch (load().mode) {
    case Mode::seqread:
    case Mode::pgread:
      slot.extents.assign(1, walk_.next_sequential());
      return issue_read(number);
    case Mode::randread:
      slot.extents.assign(1, walk_.next_random());
      return issue_read(number);
    case Mode::vread:
      walk_.next_vector(slot.extents);
      return issue_read(number);
    case Mode::write:
    case Mode::pgwrite:
      return issue_write(number);
    case Mode::stat:
      return put_stat(slot.link->out().text(), number, slot.path);
    case Mode::open:
      return issue_open_step(number);
    case Mode::create:
      return issue_create_step(number);
    case Mode::remove:
      return put_remove(slot.link->out().text(), number, slot.path);
    case Mode::connect:
      return issue_connect();
    case Mode::ping:
      return put_ping(slot.link->out().text(), number);
  }
}

void Connection::issue_connect() {
  const Status opened = home_.open(plan_.address(index_));
  if (opened) return;
  worker_.count_error(now_, opened.error().message());
  lose(opened.error()
           .message());  // out of ports or descriptors: the next attempt would fail as well
}

void Connection::issue_read(std::uint16_t number) {
  Slot& slot = slots_[number];
  auto form = ContentCheck::Form::plain;
  if (load().mode == Mode::vread) {
    form = ContentCheck::Form::vector;
    put_readv(slot.link->out().text(), number, handle_, slot.extents);
  } else if (load().mode == Mode::pgread) {
    form = ContentCheck::Form::pages;
    put_pgread(slot.link->out().text(), number, handle_, slot.extents.front());
  } else {
    const std::uint32_t handle = load().mode == Mode::open ? slot.handle : handle_;
    put_read(slot.link->out().text(), number, handle, slot.extents.front());
  }
  if (slot.check) slot.check->expect(form, slot.extents, plan_.payload);
}

void Connection::issue_write(std::uint16_t number) {
  Slot& slot = slots_[number];
  if (slot.step == 1) return issue_read_back(number);
  slot.extents.assign(1, walk_.next_sequential());
  const Extent extent = slot.extents.front();
  SendQueue& out = slot.link->out();
  if (load().mode == Mode::pgwrite) {
    const Source source = plan_.payload.paged(extent.offset, extent.length);
    put_pgwrite(out.text(), number, handle_, extent.offset, source.length);
    out.add(source);
    return;
  }
  put_write(out.text(), number, handle_, extent.offset, extent.length);
  out.add(plan_.payload.plain(extent.offset, extent.length));
}

void Connection::issue_read_back(std::uint16_t number) {
  Slot& slot = slots_[number];
  put_read(slot.link->out().text(), number, handle_, slot.extents.front());
  slot.check->expect(ContentCheck::Form::plain, slot.extents, plan_.payload);
}

void Connection::issue_open_step(std::uint16_t number) {
  Slot& slot = slots_[number];
  Buffer& out = slot.link->out().text();
  if (slot.step == 0) return put_open_to_read(out, number, slot.path);
  if (slot.step == 2) return put_close(out, number, slot.handle);
  slot.extents.assign(1, Extent{0, static_cast<std::uint32_t>(load().size.count)});
  issue_read(number);
}

void Connection::issue_create_step(std::uint16_t number) {
  Slot& slot = slots_[number];
  SendQueue& out = slot.link->out();
  if (slot.step == 0) return put_open_new(out.text(), number, slot.path);
  if (slot.step == 2) return put_close(out.text(), number, slot.handle);
  slot.extents.assign(1, Extent{0, static_cast<std::uint32_t>(load().size.count)});
  put_write(out.text(), number, slot.handle, 0, load().size.count);
  out.add(plan_.payload.plain(0, load().size.count));
}

bool Connection::is_read_step(const Slot& slot) const {
  switch (load().mode) {
    case Mode::seqread:
    case Mode::randread:
    case Mode::vread:
    case Mode::pgread:
      return true;
    case Mode::write:
    case Mode::pgwrite:
    case Mode::open:
      return slot.step == 1;
    case Mode::stat:
    case Mode::create:
    case Mode::remove:
    case Mode::connect:
    case Mode::ping:
      return false;
  }
  return false;
}

// Bytes of data that the answer to a reading step must have.
std::uint64_t Connection::expected_bytes(const Slot& slot) const {
  constexpr std::uint64_t vector_header = 16;
  const Extent& first = slot.extents.front();
  if (load().mode == Mode::vread) return slot.extents.size() * (vector_header + first.length);
  if (load().mode != Mode::pgread) return first.length;
  const std::uint64_t first_page = first.offset / xroot::page_size;
  const std::uint64_t last_page = (first.offset + first.length - 1) / xroot::page_size;
  return first.length + 4 * (last_page - first_page + 1);
}

bool Connection::has_next_step(const Slot& slot) const {
  if (load().mode == Mode::open || load().mode == Mode::create) return slot.step < 2;
  return load().verify && row_of(load().mode).needs == Needs::file_to_write && slot.step == 0;
}

void Connection::on_operation_answer(const Answer& answer, ByteView body) {
  if (answer.stream >= slots_.size() || !slots_[answer.stream].busy) {
    return on_broken("the server answered what was not asked");
  }
  Slot& slot = slots_[answer.stream];
  if (answer.status == xroot::ResponseStatus::redirect && slot.hops++ < max_hops) {
    auto next = follow(body, slot.path);
    if (!next) return on_broken(next.error().message());
    slot.link = *next;
    return issue(answer.stream);
  }
  slot.received += answer.length;
  if (!answer.header_valid) slot.problem = "wrong CRC32C of a kXR_status header";
  if (!answer.last) return;
  if (slot.problem.empty()) slot.problem = problem_of(answer, body, slot);
  finish_step(answer.stream, body);
}

std::string Connection::problem_of(const Answer& answer, ByteView body, const Slot& slot) const {
  const bool paged = answer.status == xroot::ResponseStatus::status;
  if (answer.status != xroot::ResponseStatus::ok && !paged) return refusal(answer, body);
  if (paged && load().mode == Mode::pgwrite && answer.length > 0)
    return "the server saw pages with a wrong CRC32C";
  if (!is_read_step(slot)) return {};
  if (slot.received != expected_bytes(slot)) return "answer of a wrong length";
  if (slot.check && !slot.check->passed()) return "wrong content";
  return {};
}

void Connection::finish_step(std::uint16_t number, ByteView body) {
  Slot& slot = slots_[number];
  const bool opens = load().mode == Mode::open || load().mode == Mode::create;
  if (opens && slot.step == 0) {
    slot.handle = body.size() >= 4 ? load_be<std::uint32_t>(body.first<4>()) : 0;
  }
  const bool must_close = opens && slot.step == 1;
  if (has_next_step(slot) && (slot.problem.empty() || must_close)) {
    ++slot.step;
    return issue(number);
  }
  finish_operation(number);
}

void Connection::finish_operation(std::uint16_t number) {
  Slot& slot = slots_[number];
  slot.busy = false;
  --in_flight_;
  if (!slot.problem.empty()) {
    worker_.count_error(now_, slot.problem);
  } else {
    const std::uint64_t bytes = load().size.count * std::max<std::size_t>(slot.extents.size(), 1);
    if (worker_.count(slot.issued, now_, bytes)) ++operations_;
  }
  if (!worker_.is_over(now_) && !numbers_.is_used_up()) start_operation(number);
}

void Connection::next_cycle() {
  cycle_ended_ = false;
  home_.close();
  slots_[0].busy = false;
  --in_flight_;
  now_ = Clock::now();
  if (!worker_.is_over(now_)) start_operation(0);
}

}  // namespace sluice::cli::bench
