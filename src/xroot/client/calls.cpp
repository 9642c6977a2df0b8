// SPDX-License-Identifier: Apache-2.0
#include "xroot/client/calls.h"

#include <algorithm>

namespace sluice::xroot::client {

Calls::Calls(asio::any_io_executor executor, std::size_t limit)
    : limit_(std::clamp<std::size_t>(limit, 1, 30000)), room_(std::move(executor)) {
  slots_.resize(2 * limit_ + 1);
  // The lowest ids are given first; id 0 belongs to the hello.
  for (std::size_t id = slots_.size() - 1; id > 0; --id) {
    free_.push_back(static_cast<std::uint16_t>(id));
  }
  room_.set();
}

Calls::~Calls() {
  for (Slot& slot : slots_) {
    if (slot.call != nullptr) slot.call->calls_ = nullptr;
  }
}

std::uint16_t Calls::add(Call& call, Time now) {
  std::uint16_t id = free_.back();
  free_.pop_back();
  call.calls_ = this;
  call.slot_ = id;
  call.was_sent = false;
  call.done.reset();
  slots_[id] = {&call, Phase::queued, false, now + call.patience, now + call.may_wait};
  ++active_;
  if (!has_room()) room_.reset();
  return id;
}

void Calls::add_hello(Call& call, Time now) {
  call.calls_ = this;
  call.slot_ = hello_id;
  slots_[hello_id] = {&call, Phase::sent, false, now + call.patience, now};
  ++active_;
}

Calls::Slot* Calls::find(std::uint16_t id) {
  if (id >= slots_.size() || slots_[id].phase == Phase::free || slots_[id].is_answered)
    return nullptr;
  return &slots_[id];
}

void Calls::sending(std::uint16_t id) {
  slots_[id].phase = Phase::sending;
  if (slots_[id].call != nullptr) slots_[id].call->was_sent = true;
}

void Calls::sent(std::uint16_t id) {
  slots_[id].phase = Phase::sent;
  if (slots_[id].is_answered) end(id);
}

void Calls::progressed(std::uint16_t id, Time now) {
  Slot& slot = slots_[id];
  if (slot.call != nullptr) slot.deadline = now + slot.call->patience;
}

void Calls::deferred(std::uint16_t id, Duration time, Time now) {
  Slot& slot = slots_[id];
  slot.deadline = std::max(slot.deadline, std::min(now + time, slot.last_deadline));
}

void Calls::answered(std::uint16_t id, Result<Answer> answer) {
  Slot& slot = slots_[id];
  slot.is_answered = true;
  if (slot.call != nullptr) slot.call->answer = std::move(answer);
  if (slot.phase == Phase::sent) end(id);
}

void Calls::release_unsent(std::uint16_t id) { free_slot(id); }

void Calls::end(std::uint16_t id) {
  Call* call = slots_[id].call;
  if (call != nullptr) {
    call->calls_ = nullptr;
    slots_[id].call = nullptr;
    --active_;
  }
  free_slot(id);
  if (call != nullptr) call->done.set();
}

void Calls::free_slot(std::uint16_t id) {
  slots_[id] = Slot{};
  if (id != hello_id) free_.push_back(id);
  if (has_room()) room_.set();
}

void Calls::abandon(Call& call) {
  slots_[call.slot_].call = nullptr;
  call.calls_ = nullptr;
  --active_;
  if (has_room()) room_.set();
}

void Calls::fail_all(const Error& error) {
  for (std::size_t id = 0; id < slots_.size(); ++id) {
    Slot& slot = slots_[id];
    if (slot.phase == Phase::free) continue;
    if (slot.call != nullptr && !slot.is_answered) slot.call->answer = tl::unexpected<Error>(error);
    end(static_cast<std::uint16_t>(id));
  }
}

bool Calls::expire(Time now) {
  bool is_dead = false;
  for (Slot& slot : slots_) {
    if (slot.call == nullptr || now < slot.deadline) continue;
    Call& call = *slot.call;
    // A request that left in part only cannot be given up without the connection.
    is_dead = is_dead || call.breaks_when_late || slot.phase == Phase::sending;
    call.answer = fail(Errc::timed_out, "no answer within " + to_text(call.patience));
    abandon(call);
    call.done.set();
  }
  return is_dead;
}

}  // namespace sluice::xroot::client
