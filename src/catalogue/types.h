// SPDX-License-Identifier: Apache-2.0
// The words of the catalogue: ids, entries of the namespace and what may be said about them. Times are nanoseconds since
// 1970, UTC; sizes are bytes.
#pragma once

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::catalogue {

// Of a file, directory or link, whatever its name is. Never used twice; pools store bytes under it.
struct FileId {
  std::int64_t number = 0;
  friend auto operator<=>(const FileId&, const FileId&) = default;
};

struct PoolId {
  std::int64_t number = 0;
  friend auto operator<=>(const PoolId&, const PoolId&) = default;
};

inline constexpr FileId root_directory{1};

inline constexpr std::size_t max_name = 255;                // bytes of one name
inline constexpr std::size_t max_path = 4096;               // bytes of a path or of a link's target
inline constexpr std::size_t max_page = 10'000;             // rows of one page of a listing
inline constexpr std::size_t max_attribute_name = 248;      // bytes, as the xroot protocol has it
inline constexpr std::size_t max_attribute_value = 65'536;  // bytes, the same
inline constexpr std::size_t max_attributes = 256;          // of one entry

// What time it is; tests bring their own.
using Clock = std::function<std::int64_t()>;
std::int64_t system_clock_ns();

// The numbers are those in the database.
enum class EntryKind : std::uint8_t { file = 0, directory = 1, link = 2 };

// Type ("adler32") to value in lower case hexadecimal.
using Checksums = std::map<std::string, std::string, std::less<>>;

// See acl.h. Null: there is none, the mode decides alone.
class Acl;
using SharedAcl = std::shared_ptr<const Acl>;

struct Entry {
  FileId id;
  FileId parent;     // 0 of the root
  std::string name;  // empty of the root
  EntryKind kind = EntryKind::file;
  std::uint32_t mode = 0;  // permission bits
  std::int64_t owner = 0;
  std::int64_t group = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // of a directory exact to a second
  std::int64_t changed_ns = 0;
  std::int64_t accessed_ns = 0;
  std::int64_t born_ns = 0;
  std::string storage_class;
  Checksums checksums;
  std::string target;  // of a link
  SharedAcl acl;

  bool is_file() const { return kind == EntryKind::file; }
  bool is_directory() const { return kind == EntryKind::directory; }
  bool is_link() const { return kind == EntryKind::link; }
};

// What whoever makes an entry decides about it.
struct NewEntry {
  std::uint32_t mode = 0755;
  std::int64_t owner = 0;
  std::int64_t group = 0;
  std::optional<std::string> storage_class = {};  // none: that of the directory
};

// A name as it may stand in a directory: 1 to 255 bytes of UTF-8 without '/', NUL and other control bytes, not "." or "..".
Status check_name(std::string_view name);
// UTF-8 without NUL: what both engines can keep as text.
bool is_plain_text(std::string_view text);

}  // namespace sluice::catalogue
