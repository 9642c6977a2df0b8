// SPDX-License-Identifier: Apache-2.0
// Access control lists of entries as NFSv4 has them (RFC 7530, 6.2.1), in the text form of nfs4_setfacl: "A:fd:1000:rx".
// Lists never change once they are made. What a list leaves open is decided by whoever asks it, from the mode.
#pragma once

#include "catalogue/types.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::catalogue {

// The bits of RFC 7530, 6.2.1.3, each with its letter.
enum class Right : std::uint32_t {
  read = 0x1,                // r  of a directory: list it
  write = 0x2,               // w  of a directory: make files in it
  append = 0x4,              // a  of a directory: make directories in it
  read_named = 0x8,          // n
  write_named = 0x10,        // N  extended attributes
  execute = 0x20,            // x  of a directory: pass it
  delete_child = 0x40,       // D  what is in this directory
  read_attributes = 0x80,    // t
  write_attributes = 0x100,  // T
  remove = 0x10000,          // d  the entry itself
  read_acl = 0x20000,        // c
  write_acl = 0x40000,       // C  the mode, too
  write_owner = 0x80000,     // o
  synchronize = 0x100000,    // y
};

class Rights {
 public:
  constexpr Rights() = default;
  constexpr Rights(std::initializer_list<Right> all) {
    for (const Right one : all) add(one);
  }
  constexpr void add(Right right) { bits_ |= static_cast<std::uint32_t>(right); }
  constexpr void add(Rights rights) { bits_ |= rights.bits_; }
  constexpr bool has(Right right) const { return (bits_ & static_cast<std::uint32_t>(right)) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }
  // Of each of them.
  template <class Predicate>
  constexpr bool all_of(Predicate holds) const {
    for (std::uint32_t left = bits_; left != 0; left &= left - 1) {
      if (!holds(static_cast<Right>(left & (0U - left)))) return false;
    }
    return true;
  }
  constexpr bool operator==(const Rights&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

struct AclEntry {
  enum class Who : std::uint8_t { owner, owning_group, everyone, user, group };

  bool allows = true;  // else it denies
  Who who = Who::everyone;
  std::uint32_t number = 0;  // of a user or a group
  // How it passes to what is made in a directory.
  bool to_files = false;
  bool to_directories = false;
  bool once = false;      // not to what is made in those again
  bool only_new = false;  // says nothing about the directory itself
  Rights rights = {};

  bool operator==(const AclEntry&) const = default;
};

// Who asks, and whose the entry is. User -1 is nobody.
struct AclParties {
  std::int64_t user = -1;
  std::span<const std::int64_t> groups;
  std::int64_t owner = 0;
  std::int64_t group = 0;
};

class Acl {
 public:
  static constexpr std::size_t max_text = 2048;  // characters, given and kept
  static constexpr std::size_t max_entries = 64;

  // Entries stand on lines of their own or between commas; lines that begin with # say nothing. Errors: invalid_argument
  // names the entry and what is wrong with it, too_long.
  static Result<Acl> parse(std::string_view text);
  // What denies everything to everybody.
  static Acl closed();

  // The first entry that names the right and is for whom it is asked for; nothing when there is none.
  std::optional<bool> allows(const AclParties& parties, Right right) const;

  // What an entry made in a directory with this list begins with; null when that is nothing.
  SharedAcl inherited(EntryKind kind) const;
  // This list as it can stand on an entry: on a file nothing passes on. Null when nothing is left.
  SharedAcl on(EntryKind kind) const;

  // Canonical: parse(text()) gives the same list, and equal lists have equal texts.
  const std::string& text() const { return text_; }
  const std::vector<AclEntry>& entries() const { return entries_; }

 private:
  explicit Acl(std::vector<AclEntry> entries);
  static SharedAcl shared(std::vector<AclEntry> entries);

  std::vector<AclEntry> entries_;
  std::string text_;
};

// "A:fd:1000:rx"
std::string to_text(const AclEntry& entry);

// A list as the catalogue keeps it, read once however often it is there. Null of an empty text; closed() where a repair by
// hand left what is none.
SharedAcl stored_acl(std::string_view text);

}  // namespace sluice::catalogue
