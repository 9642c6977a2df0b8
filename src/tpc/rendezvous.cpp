// SPDX-License-Identifier: Apache-2.0
#include "tpc/rendezvous.h"

namespace sluice::tpc {
namespace {

tl::unexpected<Error> refused(std::string_view why) {
  return fail(Errc::not_authorized, "third-party copy: " + std::string(why));
}

}  // namespace

Rendezvous::Ticket::~Ticket() {
  if (auto table = table_.lock()) table->release(key_, number_);
}

void Rendezvous::release(const std::string& key, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at != entries_.end() && at->second.number == number) entries_.erase(at);
}

Result<std::unique_ptr<Rendezvous::Ticket>> Rendezvous::announce(
    Announcement announcement, std::chrono::milliseconds lifetime) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(announcement.key);
  if (at != entries_.end()) {
    const Announcement& before = at->second.announcement;
    if (before.name != announcement.name || before.origin != announcement.origin ||
        before.who->name != announcement.who->name) {
      entries_.erase(at);
      return refused("somebody else uses that key");
    }
  } else if (entries_.size() >= most) {
    return fail(Errc::overloaded, "too many third-party copies wait for their destinations");
  }
  Entry entry{std::move(announcement), ++last_number_, now_() + lifetime};
  std::string key = entry.announcement.key;
  entries_.insert_or_assign(key, std::move(entry));
  return std::make_unique<Ticket>(weak_from_this(), std::move(key), last_number_);
}

Result<std::optional<Announcement>> Rendezvous::find(std::string_view key, std::string_view name,
                                                     std::string_view origin) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at == entries_.end()) return std::optional<Announcement>();
  const Entry& entry = at->second;
  std::string_view wrong;
  if (entry.ends && *entry.ends < now_()) wrong = "its authorization has expired";
  if (entry.announcement.name != name) wrong = "its key is for another file";
  if (entry.announcement.origin != origin) wrong = "its key is another client's";
  if (wrong.empty()) return std::optional(entry.announcement);
  entries_.erase(at);
  return refused(wrong);
}

void Rendezvous::meet(std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at != entries_.end()) at->second.ends.reset();
}

void Rendezvous::withdraw(std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(key);
  if (at != entries_.end()) entries_.erase(at);
}

std::size_t Rendezvous::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace sluice::tpc
