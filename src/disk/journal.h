// SPDX-License-Identifier: Apache-2.0
// Notes to a later start of the server: what to remove or to undo if this process dies. They lie in
// a hidden directory of the exported tree; each is locked (flock) as long as its owner lives, so
// two servers can share a tree.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::disk {

class Journal {
 public:
  static constexpr const char* directory_name = ".sluice.state";

  // A note that is held by this process. When it is destroyed without remove() the note stays for
  // the next start.
  class Note {
   public:
    Note() = default;
    Note(Fd directory, std::string name, Fd file)
        : directory_(std::move(directory)), name_(std::move(name)), file_(std::move(file)) {}
    int fd() const { return file_.get(); }
    const std::string& name() const { return name_; }
    explicit operator bool() const { return static_cast<bool>(file_); }
    // What it says is done.
    void remove();

   private:
    Fd directory_;
    std::string name_;
    Fd file_;  // carries the lock
  };

  explicit Journal(int root) : root_(root) {}

  // An empty note, open for reading and writing, named "<kind>.<random>".
  Result<Note> add(std::string_view kind) const;

  // The notes whose owners are dead, locked for us.
  Result<std::vector<Note>> orphans() const;

 private:
  Result<Fd> open_directory(bool make) const;

  int root_;  // belongs to the tree
};

// 16 hexadecimal digits that nobody has used.
std::string random_name();

// All of it, at the end of the file or at `offset`; a short write goes on.
Status write_all(int fd, std::string_view data, std::int64_t offset, std::string_view object);

// Exactly `size` bytes at `offset`, fewer only at the end of the file; returns what was read.
Result<std::size_t> read_full(int fd, void* buffer, std::size_t size, std::uint64_t offset,
                              std::string_view object);

}  // namespace sluice::disk
