// SPDX-License-Identifier: Apache-2.0
// What a session has to say to the access log.
#include "xroot/server/session.h"

namespace sluice::xroot::server {

void Session::describe_connection() {
  if (const AccessLog* access = service_->access_log)
    note_head_ = access_line_head(access->format(), service_->role(), peer_, caller_.get());
}

std::shared_ptr<AccessNote> Session::begin_note(std::string_view request) {
  return std::make_shared<AccessNote>(*service_->access_log, loop().index(), note_head_, request,
                                      batch_time_);
}

// Requests that failed are in the access log, whatever else of their kind is not.
void Session::note_refusal(const Exchange& exchange, ByteView body) {
  if (service_->access_log == nullptr) return;
  auto note = begin_note(request_name(exchange.id));
  if (exchange.file) note->add({"path", exchange.file->label()});
  note->answer(ResponseStatus::error, body);
}

void Session::note_end() {
  if (service_->access_log == nullptr || handover_.loop != nullptr) return;
  batch_time_ = connected_at_;
  for (const Slot& slot : files_) {
    if (!slot.file) continue;
    auto lost = begin_note(Close::name);
    lost->add({"path", slot.file->label()});
    add_totals(*lost, *slot.file);
    lost->finish("lost");
  }
  auto end = begin_note("disconnect");
  end->add({"sent", sent_});
  end->add({"received", received_});
  end->finish(expired_ ? "expired" : "ok");
}

}  // namespace sluice::xroot::server
