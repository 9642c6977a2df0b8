// SPDX-License-Identifier: Apache-2.0
#include "catalogue/acl.h"

#include "base/text.h"
#include "base/units.h"
#include "catalogue/catalogue_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>

namespace sluice::catalogue {
namespace {

using Who = AclEntry::Who;

struct Letter {
  char letter;
  Right right;
};
// In the order in which nfs4_getfacl prints them.
constexpr std::array letters{
    Letter{'r', Right::read},
    Letter{'w', Right::write},
    Letter{'a', Right::append},
    Letter{'d', Right::remove},
    Letter{'D', Right::delete_child},
    Letter{'x', Right::execute},
    Letter{'t', Right::read_attributes},
    Letter{'T', Right::write_attributes},
    Letter{'n', Right::read_named},
    Letter{'N', Right::write_named},
    Letter{'c', Right::read_acl},
    Letter{'C', Right::write_acl},
    Letter{'o', Right::write_owner},
    Letter{'y', Right::synchronize},
};

// What nfs4_setfacl makes of them, for directories.
struct ShortForm {
  char letter;
  std::string_view letters;
};
constexpr std::array short_forms{
    ShortForm{'R', "rntcy"},
    ShortForm{'W', "waDtTNcCy"},
    ShortForm{'X', "xtcy"},
};

struct Flag {
  char letter;
  bool AclEntry::* field;
};
constexpr std::array flags{
    Flag{'f', &AclEntry::to_files},
    Flag{'d', &AclEntry::to_directories},
    Flag{'n', &AclEntry::once},
    Flag{'i', &AclEntry::only_new},
};

struct Principal {
  std::string_view name;
  Who who;
};
constexpr std::array principals{
    Principal{"OWNER@", Who::owner},
    Principal{"GROUP@", Who::owning_group},
    Principal{"EVERYONE@", Who::everyone},
};

// Nothing when it is no letter.
std::optional<Rights> rights_of(char letter) {
  for (const Letter& row : letters) {
    if (row.letter == letter) return Rights{row.right};
  }
  for (const ShortForm& row : short_forms) {
    if (row.letter != letter) continue;
    Rights all;
    for (const char one : row.letters) all.add(*rights_of(one));
    return all;
  }
  return {};
}

Result<Rights> parse_rights(std::string_view text) {
  Rights all;
  for (const char letter : text) {
    const auto rights = rights_of(letter);
    if (!rights) {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' is no right; rights are rwadDxtTnNcCoy, R, W and X", letter));
    }
    all.add(*rights);
  }
  if (all.is_empty()) return fail(Errc::invalid_argument, "it names no right");
  return all;
}

// True when a 'g' says that a number is that of a group.
Result<bool> parse_flags(std::string_view text, AclEntry& entry) {
  bool is_group = false;
  for (const char letter : text) {
    const auto* flag = std::ranges::find(flags, letter, &Flag::letter);
    if (flag != flags.end()) {
      entry.*flag->field = true;
    } else if (letter == 'g') {
      is_group = true;
    } else {
      return fail(Errc::invalid_argument,
                  fmt::format("'{}' is no flag; flags are f, d, n, i and g", letter));
    }
  }
  if ((entry.once || entry.only_new) && !entry.to_files && !entry.to_directories) {
    return fail(Errc::invalid_argument, "the flags n and i need f or d");
  }
  return is_group;
}

Status parse_who(std::string_view text, bool is_group, AclEntry& entry) {
  for (const Principal& known : principals) {
    if (text != known.name) continue;
    entry.who = known.who;
    if (is_group && known.who != Who::owning_group) {
      return fail(Errc::invalid_argument, fmt::format("{} is no group: without the flag g", text));
    }
    return {};
  }
  constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max() - 1;
  const auto number = parse_int<std::uint32_t>(text, 0, highest);
  if (!number) {
    return fail(Errc::invalid_argument,
                fmt::format("\"{}\" is none of OWNER@, GROUP@, EVERYONE@, the number of a user, "
                            "or with the flag g that of a group",
                            text));
  }
  entry.number = *number;
  entry.who = is_group ? Who::group : Who::user;
  return {};
}

Result<AclEntry> parse_parts(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 4) return fail(Errc::invalid_argument, "it is not TYPE:FLAGS:WHO:RIGHTS");
  AclEntry entry;
  if (parts[0] != "A" && parts[0] != "D") {
    return fail(Errc::invalid_argument, "its type is neither A (allow) nor D (deny)");
  }
  entry.allows = parts[0] == "A";
  SLUICE_TRY(const bool is_group, parse_flags(parts[1], entry));
  SLUICE_CHECK(parse_who(parts[2], is_group, entry));
  SLUICE_TRY(entry.rights, parse_rights(parts[3]));
  return entry;
}

Result<AclEntry> parse_entry(std::string_view text) {
  constexpr std::size_t shown = 80;
  auto entry = parse_parts(text);
  if (!entry) {
    entry.error().detail =
        fmt::format("ACL entry {}: {}", json_quoted(text.substr(0, shown)), entry.error().detail);
  }
  return entry;
}

// Entries that are for files alone carry one more letter on directories that inherit them.
std::size_t growth_of(const std::vector<AclEntry>& entries) {
  return static_cast<std::size_t>(std::ranges::count_if(entries, [](const AclEntry& entry) {
    return entry.to_files && !entry.to_directories && !entry.only_new;
  }));
}

bool is_for(const AclEntry& entry, const AclParties& parties) {
  const auto is_member = [&](std::int64_t group) {
    return std::ranges::find(parties.groups, group) != parties.groups.end();
  };
  switch (entry.who) {
    case Who::owner:
      return parties.user >= 0 && parties.user == parties.owner;
    case Who::owning_group:
      return is_member(parties.group);
    case Who::everyone:
      return true;
    case Who::user:
      return parties.user == entry.number;
    case Who::group:
      return is_member(entry.number);
  }
  return false;
}

AclEntry without_flags(AclEntry entry) {
  for (const Flag& flag : flags) entry.*flag.field = false;
  return entry;
}

std::optional<AclEntry> handed_on(const AclEntry& entry, EntryKind kind) {
  if (kind == EntryKind::link) return {};
  if (kind == EntryKind::file) {
    return entry.to_files ? std::optional(without_flags(entry)) : std::nullopt;
  }
  if (entry.once) {
    return entry.to_directories ? std::optional(without_flags(entry)) : std::nullopt;
  }
  if (!entry.to_directories && !entry.to_files) return {};
  AclEntry made = entry;
  made.only_new = !entry.to_directories;
  return made;
}

}  // namespace

std::string to_text(const AclEntry& entry) {
  std::string out = entry.allows ? "A:" : "D:";
  for (const Flag& flag : flags) {
    if (entry.*flag.field) out += flag.letter;
  }
  if (entry.who == Who::group || entry.who == Who::owning_group) out += 'g';
  out += ':';
  const auto* known = std::ranges::find(principals, entry.who, &Principal::who);
  out += known != principals.end() ? std::string(known->name) : std::to_string(entry.number);
  out += ':';
  for (const Letter& row : letters) {
    if (entry.rights.has(row.right)) out += row.letter;
  }
  return out;
}

Acl::Acl(std::vector<AclEntry> entries) : entries_(std::move(entries)) {
  for (const AclEntry& entry : entries_) {
    if (!text_.empty()) text_ += ',';
    text_ += to_text(entry);
  }
}

SharedAcl Acl::shared(std::vector<AclEntry> entries) {
  if (entries.empty()) return nullptr;
  return std::make_shared<const Acl>(Acl(std::move(entries)));
}

Result<Acl> Acl::parse(std::string_view text) {
  if (text.size() > max_text) return fail(Errc::too_long, "an ACL of more than 2048 characters");
  std::vector<AclEntry> entries;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (line.starts_with('#')) continue;
    for (const std::string_view word : split(line, ',')) {
      if (trim(word).empty()) continue;
      if (entries.size() == max_entries) {
        return fail(Errc::too_long, "an ACL of more than 64 entries");
      }
      SLUICE_TRY(AclEntry entry, parse_entry(trim(word)));
      entries.push_back(entry);
    }
  }
  if (entries.empty()) return fail(Errc::invalid_argument, "an ACL without entries");
  Acl made(std::move(entries));
  // What it becomes is kept, too, and has to be read again.
  if (made.text_.size() + growth_of(made.entries_) > max_text) {
    return fail(Errc::too_long, "an ACL of more than 2048 characters, with R, W and X written out");
  }
  return made;
}

Acl Acl::closed() {
  AclEntry everything{.allows = false, .to_files = true, .to_directories = true};
  for (const Letter& row : letters) everything.rights.add(row.right);
  return Acl({everything});
}

std::optional<bool> Acl::allows(const AclParties& parties, Right right) const {
  for (const AclEntry& entry : entries_) {
    if (!entry.only_new && entry.rights.has(right) && is_for(entry, parties)) return entry.allows;
  }
  return {};
}

SharedAcl Acl::inherited(EntryKind kind) const {
  std::vector<AclEntry> made;
  for (const AclEntry& entry : entries_) {
    if (auto one = handed_on(entry, kind)) made.push_back(*one);
  }
  return shared(std::move(made));
}

SharedAcl Acl::on(EntryKind kind) const {
  if (kind == EntryKind::link) return nullptr;
  std::vector<AclEntry> made;
  for (const AclEntry& entry : entries_) {
    if (kind == EntryKind::directory) {
      made.push_back(entry);
    } else if (!entry.only_new) {
      made.push_back(without_flags(entry));
    }
  }
  return shared(std::move(made));
}

SharedAcl stored_acl(std::string_view text) {
  if (text.empty()) return nullptr;
  // Whole trees share a list. One that another list took the place of lives on where it is used.
  static std::array<std::atomic<SharedAcl>, 256> known;
  std::atomic<SharedAcl>& place = known[std::hash<std::string_view>()(text) % known.size()];
  SharedAcl kept = place.load(std::memory_order_acquire);
  if (kept && kept->text() == text) return kept;
  auto parsed = Acl::parse(text);
  if (!parsed) {
    log.error("acl.unreadable", {{"why", parsed.error().message()}});
    return std::make_shared<const Acl>(Acl::closed());
  }
  auto fresh = std::make_shared<const Acl>(std::move(*parsed));
  place.store(fresh, std::memory_order_release);
  return fresh;
}

}  // namespace sluice::catalogue
