// SPDX-License-Identifier: Apache-2.0
#include "catalogue/lookup_cache.h"

#include <algorithm>
#include <utility>

namespace sluice::catalogue {
namespace {

constexpr std::size_t marks_told_apart = 1 << 16;

}  // namespace

struct LookupCache::Node {
  FileId directory;
  std::string name;
  Moment read;
  Clock::time_point since;
  Passed passed;
  // Of a directory that was only passed, nothing.
  std::optional<Entry> entry;
  std::vector<Replica> replicas;
};

LookupCache::LookupCache(std::size_t entries, Duration max_age)
    : max_age_(max_age),
      changes_(marks_told_apart),
      sets_(std::max<std::size_t>(entries / Set::size, 1)) {}

bool LookupCache::holds(const Node& node) const {
  const std::uint64_t read = node.read.count;
  return read >= oldest_.load(std::memory_order_acquire) &&
         read >= last_change(mark_of(node.passed.id)) &&
         read >= last_change(mark_of(node.directory, node.name)) &&
         Clock::now() - node.since < max_age_;
}

LookupCache::Held LookupCache::find(FileId directory, std::string_view name) {
  const std::size_t at = mark_of(directory, name) / marks_told_apart % sets_.size();
  Held found;
  {
    std::scoped_lock lock(locks_[at % locks_.size()]);
    for (const Held& node : sets_[at].nodes) {
      if (node && node->directory == directory && node->name == name) {
        found = node;
        break;
      }
    }
  }
  return found && holds(*found) ? found : nullptr;
}

void LookupCache::put(Node node) {
  const std::size_t at = mark_of(node.directory, node.name) / marks_told_apart % sets_.size();
  auto fresh = std::make_shared<const Node>(std::move(node));
  Held gone;  // ends outside of the lock
  std::scoped_lock lock(locks_[at % locks_.size()]);
  Set& set = sets_[at];
  auto same = std::ranges::find_if(set.nodes, [&](const Held& held) {
    return held && held->directory == fresh->directory && held->name == fresh->name;
  });
  if (same == set.nodes.end()) {
    same = set.nodes.begin() + set.hand;
    set.hand = static_cast<std::uint8_t>((set.hand + 1) % Set::size);
  } else if ((*same)->read.count > fresh->read.count ||
             ((*same)->entry && !fresh->entry && holds(**same))) {
    return;  // what is there is newer, or tells more
  }
  gone = std::exchange(*same, std::move(fresh));
}

void LookupCache::keep(std::span<const std::string> names, const Located& found, Moment read) {
  const Walk& walk = found.walk;
  if (!walk.may_be_kept || !walk.entry || walk.entry->is_link() ||
      suspended_.load(std::memory_order_acquire)) {
    return;
  }
  const auto now = Clock::now();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FileId directory = i == 0 ? FileId{} : walk.passed[i - 1].id;
    put({directory, i == 0 ? std::string() : names[i - 1], read, now, walk.passed[i], {}, {}});
  }
  const Entry& entry = *walk.entry;
  put({entry.parent, entry.name, read, now, passed_of(entry), entry, found.replicas});
}

std::optional<Located> LookupCache::recall(std::span<const std::string> names) {
  Located out;
  out.walk.passed.reserve(names.size());
  Held here = suspended_.load(std::memory_order_acquire) ? nullptr : find(FileId{}, {});
  for (auto name = names.begin(); here && name != names.end(); ++name) {
    // A file in the middle of a path is an error, which the database words.
    if (here->entry && !here->entry->is_directory()) here = nullptr;
    if (!here) break;
    out.walk.passed.push_back(here->passed);
    here = find(here->passed.id, *name);
  }
  if (!here || !here->entry) {
    misses_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  hits_.fetch_add(1, std::memory_order_relaxed);
  out.walk.entry = here->entry;
  out.replicas = here->replicas;
  return out;
}

void LookupCache::forget(std::span<const Mark> marks) {
  for (Mark mark : marks) {
    const std::uint64_t now = count_.fetch_add(1, std::memory_order_acq_rel) + 1;
    std::atomic<std::uint64_t>& last = last_change(mark);
    std::uint64_t before = last.load(std::memory_order_relaxed);
    while (before < now && !last.compare_exchange_weak(before, now, std::memory_order_acq_rel)) {
    }
  }
}

void LookupCache::forget_all() {
  oldest_.store(count_.fetch_add(1, std::memory_order_acq_rel) + 1, std::memory_order_release);
}

void LookupCache::resume() {
  forget_all();
  suspended_.store(false, std::memory_order_release);
}

}  // namespace sluice::catalogue
