// SPDX-License-Identifier: Apache-2.0
#include "disk/recovery.h"

#include "disk/beneath.h"
#include "disk/checkpoint.h"
#include "disk/checksums.h"
#include "disk/disk_log.h"
#include "disk/file_tree.h"
#include "disk/upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::disk {
namespace {

// The note holds the path of a hidden file.
Status remove_upload(const FileTree& tree, int note) {
  std::string path(4096, '\0');
  SLUICE_TRY(std::size_t size, read_full(note, path.data(), path.size(), 0, "journal"));
  path.resize(size);
  if (path.empty()) return {};  // killed before it was written, so nothing was made
  std::size_t slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::string directory = slash == std::string::npos ? "." : path.substr(0, slash);
  if (!is_reserved(name))
    return fail(Errc::file_system, "journal names a file that is not ours: " + path);
  auto parent = open_beneath(tree.root(), directory.c_str(), O_PATH | O_DIRECTORY, 0, directory);
  if (!parent && parent.error().code == Errc::not_found) return {};
  if (!parent) return tl::unexpected<Error>(std::move(parent).error());
  if (::unlinkat(parent->get(), name.c_str(), 0) != 0 && errno != ENOENT)
    return fail_errno(errno, path);
  disk_log.info("upload.removed", {{"path", "/" + path}});
  return {};
}

Status roll_back_checkpoint(const FileTree& tree, int note) {
  struct stat empty{};
  if (::fstat(note, &empty) == 0 && empty.st_size == 0) return {};
  SLUICE_TRY(CheckpointSubject subject, read_checkpoint(note));
  if (subject.relative.empty()) return {};
  SLUICE_TRY(Fd file,
             open_beneath(tree.root(), subject.relative.c_str(), O_RDWR, 0, subject.relative));
  SLUICE_TRY(FileStat stat, stat_fd(file.get(), subject.relative));
  if (stat.key != subject.file)
    return fail(Errc::not_found, subject.relative + " is another file now");
  drop_checksums(file.get());
  SLUICE_CHECK(roll_back(note, file.get(), subject));
  disk_log.warn("checkpoint.rolled_back",
                {{"path", "/" + subject.relative}, {"bytes", subject.size}});
  return {};
}

Status carry_out(const FileTree& tree, const Journal::Note& note) {
  std::string_view kind = std::string_view(note.name()).substr(0, note.name().find('.'));
  if (kind == HiddenFile::note_kind) return remove_upload(tree, note.fd());
  if (kind == Checkpoint::note_kind) return roll_back_checkpoint(tree, note.fd());
  return fail(Errc::unsupported, "unknown kind of note, of a newer version?");
}

}  // namespace

Status recover(FileTree& tree) {
  SLUICE_TRY(std::vector<Journal::Note> notes, tree.journal().orphans());
  for (Journal::Note& note : notes) {
    Status done = carry_out(tree, note);
    if (done) {
      note.remove();
    } else {
      disk_log.error("recovery.failed", {{"note", note.name()}, {"error", done.error().message()}});
    }
  }
  return {};
}

}  // namespace sluice::disk
