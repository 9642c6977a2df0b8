// SPDX-License-Identifier: Apache-2.0
// The file of keys that xrdsssadmin writes. One line each:
//   0 u:<user> g:<group> n:<key name> N:<number> c:<created> e:<expires, 0 never> f:<flags> k:<hex digits>
#pragma once

#include "auth/parsed_file.h"
#include "base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::auth::sss {

inline constexpr std::size_t max_keytab = 1U << 20;  // bytes of a file
inline constexpr std::size_t max_key = 128;          // bytes, as xrdsssadmin has it
inline constexpr std::size_t max_key_name = 191;
inline constexpr std::size_t max_user = 127;
inline constexpr std::size_t max_group = 63;

struct Key {
  std::int64_t id = 0;
  std::string name = "nowhere";
  std::string user = "nobody";
  std::string group = "nogroup";
  std::int64_t created = 0;  // seconds since 1970
  std::int64_t expires = 0;  // 0: never
  std::vector<std::byte> value;

  bool is_expired(std::int64_t now) const { return expires != 0 && expires <= now; }
  // The words that make a key stand for more than one user; the credential then says for which.
  bool takes_any_user() const { return user == "anybody" || user == "allusers"; }
  bool takes_any_group() const { return group == "anygroup"; }
  bool leaves_groups_to_user() const { return group == "usrgroup"; }
  // Credentials of such a key may come from anywhere.
  bool skips_address() const { return name.ends_with('+'); }
};

class Keytab {
 public:
  // Errc::invalid_argument names the line. No message shows a key.
  static Result<Keytab> parse(std::string_view text, std::string_view path);
  // Errc::not_authorized where others than the owner may read the file.
  static Result<Keytab> parse_file(const FileText& file, const std::string& path);
  static Result<Keytab> read(const std::string& path);

  // `name` decides only where several keys have the id.
  const Key* find(std::int64_t id, std::string_view name) const;
  // What stock clients take: the last key of the file, of its like the one that lasts longest.
  const Key* for_client(std::int64_t now) const;

  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

}  // namespace sluice::auth::sss
