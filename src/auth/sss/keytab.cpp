// SPDX-License-Identifier: Apache-2.0
#include "auth/sss/keytab.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::auth::sss {
namespace {

Status set_number(std::int64_t& field, std::string_view text) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  SLUICE_TRY(field, parse_int<std::int64_t>(text, -most, most));
  return {};
}

Status set_text(std::string& field, std::string_view text, std::size_t limit) {
  if (text.empty() || text.size() > limit)
    return fail(Errc::invalid_argument, fmt::format("must have 1 to {} characters", limit));
  field = std::string(text);
  return {};
}

// No message repeats a digit: a mistake in a key must not show the key.
Status set_value(std::vector<std::byte>& field, std::string_view hex) {
  if (hex.empty() || hex.size() % 2 != 0 || hex.size() > 2 * max_key)
    return fail(Errc::invalid_argument, fmt::format("must be 1 to {} bytes in hex", max_key));
  field.clear();
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    auto octet = parse_int<unsigned>(hex.substr(i, 2), 0, 255, 16);
    if (!octet) return fail(Errc::invalid_argument, "has a character that is no hex digit");
    field.push_back(static_cast<std::byte>(*octet));
  }
  return {};
}

struct Tag {
  char letter;
  std::string_view meaning;
  Status (*set)(Key& key, std::string_view text);
};

constexpr std::array tags{
    Tag{'u', "user", [](Key& key, std::string_view t) { return set_text(key.user, t, max_user); }},
    Tag{'g', "group",
        [](Key& key, std::string_view t) { return set_text(key.group, t, max_group); }},
    Tag{'n', "name",
        [](Key& key, std::string_view t) { return set_text(key.name, t, max_key_name); }},
    Tag{'N', "number", [](Key& key, std::string_view t) { return set_number(key.id, t); }},
    Tag{'c', "creation", [](Key& key, std::string_view t) { return set_number(key.created, t); }},
    Tag{'e', "expiry", [](Key& key, std::string_view t) { return set_number(key.expires, t); }},
    Tag{'k', "key", [](Key& key, std::string_view t) { return set_value(key.value, t); }},
};

Result<Key> parse_line(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.front() != "0" && words.front() != "1")
    return fail(Errc::invalid_argument, "does not begin with the format, 0 or 1");
  Key key;
  bool has_number = false;
  for (std::string_view word : std::span(words).subspan(1)) {
    if (word.size() < 2 || word[1] != ':') continue;
    // What other versions write besides, is theirs: XRootD passes over it too.
    const auto* const tag = std::ranges::find(tags, word[0], &Tag::letter);
    if (tag == tags.end()) continue;
    if (auto set = tag->set(key, word.substr(2)); !set)
      return fail(Errc::invalid_argument, fmt::format("{} {}", tag->meaning, set.error().detail));
    has_number |= tag->letter == 'N';
  }
  if (key.value.empty()) return fail(Errc::invalid_argument, "has no key (k:)");
  if (!has_number) return fail(Errc::invalid_argument, "has no number (N:)");
  return key;
}

bool is_like(const Key& a, const Key& b) {
  return a.name == b.name && a.user == b.user && a.group == b.group;
}

}  // namespace

Result<Keytab> Keytab::parse(std::string_view text, std::string_view path) {
  Keytab out;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.ends_with('\r')) line = trim(line.substr(0, line.size() - 1));
    if (line.empty()) continue;
    auto key = parse_line(line);
    if (!key) {
      return fail(Errc::invalid_argument,
                  fmt::format("{}:{}: {}", path, number, key.error().detail));
    }
    out.keys_.push_back(std::move(*key));
  }
  if (out.keys_.empty()) return fail(Errc::invalid_argument, fmt::format("{} has no key", path));
  return out;
}

Result<Keytab> Keytab::parse_file(const FileText& file, const std::string& path) {
  const bool group_may_read = path.ends_with(".grp");
  const std::uint32_t forbidden = S_IRWXO | S_IRWXG;
  const std::uint32_t allowed = group_may_read ? S_IRGRP : 0;
  if ((file.stamp.mode & forbidden & ~allowed) != 0) {
    return fail(Errc::not_authorized,
                fmt::format("{} has mode {:o}: others could read the keys (chmod {} {})", path,
                            file.stamp.mode & 07777, group_may_read ? "640" : "600", path));
  }
  return parse(file.text, path);
}

Result<Keytab> Keytab::read(const std::string& path) {
  SLUICE_TRY(const FileText file, read_file(path, max_keytab));
  return parse_file(file, path);
}

const Key* Keytab::find(std::int64_t id, std::string_view name) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.id != id) continue;
    if (key.name == name) return &key;
    if (found == nullptr) found = &key;
  }
  return found;
}

const Key* Keytab::for_client(std::int64_t now) const {
  const Key* chosen = nullptr;
  for (const Key& key : keys_) {
    if (key.is_expired(now)) continue;
    if (chosen == nullptr || !is_like(*chosen, key)) {
      // An older key of a like that was passed over already does not come back.
      const bool is_new = std::ranges::none_of(keys_.data(), &key, [&](const Key& before) {
        return !before.is_expired(now) && is_like(before, key);
      });
      if (is_new) chosen = &key;
    } else if (chosen->expires != 0 && (key.expires == 0 || key.expires > chosen->expires)) {
      chosen = &key;
    }
  }
  return chosen;
}

}  // namespace sluice::auth::sss
