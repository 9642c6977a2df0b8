// SPDX-License-Identifier: Apache-2.0
// Who is writing what: one writer per file and per name. A claim names the file (device, inode)
// and, for uploads that have no file under their final name yet, the place (directory and name), so
// that links cannot make two of one.
#pragma once

#include "base/result.h"
#include "disk/file_stat.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace sluice::disk {

class LockTable {
 public:
  struct Key {
    FileKey file;      // the file, or the directory of a place
    std::string name;  // empty for a file
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // Held as long as its owner writes. Move-only; empty when default-made.
  class Claim {
   public:
    Claim() = default;
    Claim(LockTable& table, Key key) : table_(&table), key_(std::move(key)) {}
    Claim(Claim&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), key_(std::move(other.key_)) {}
    Claim& operator=(Claim&& other) noexcept {
      std::swap(table_, other.table_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Claim() { release(); }
    void release();

   private:
    LockTable* table_ = nullptr;
    Key key_;
  };

  // Errc::locked when somebody holds it, unless `force`d (kXR_force), which makes two holders.
  // `object` for the error.
  Result<Claim> claim(Key key, bool force, std::string_view object);

  bool is_claimed(const Key& key) const;

 private:
  void release(const Key& key);

  mutable std::mutex mutex_;
  std::map<Key, unsigned> holders_;
};

}  // namespace sluice::disk
