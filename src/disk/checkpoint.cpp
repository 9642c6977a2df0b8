// SPDX-License-Identifier: Apache-2.0
// Log: {magic u64, device u64, inode u64, size u64, path length u32, path, crc32c u32 of all
// before}, then records {offset u64, length u32, crc32c u32 of offset, length and data, data}.
// Applied from the last to the first, so that of bytes that were saved twice the oldest win.
#include "disk/checkpoint.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "disk/disk_log.h"
#include "disk/logical_path.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace sluice::disk {
namespace {

constexpr std::uint64_t magic = 0x736c756963650001;  // "sluice", version 1
constexpr std::size_t fixed_head = 4 * 8 + 4;
constexpr std::size_t record_head = 8 + 4 + 4;
constexpr std::size_t max_record = 1 << 20;  // bytes of data in one record: bounds memory
constexpr std::size_t max_path = 4096;
constexpr std::string_view log_name = "undo log";

std::uint32_t record_sum(std::uint64_t offset, ByteView data) {
  std::array<std::byte, 12> head{};
  store_be(std::span(head).first<8>(), offset);
  store_be(std::span(head).last<4>(), static_cast<std::uint32_t>(data.size()));
  return crc32c(data, crc32c(head));
}

struct Record {
  std::uint64_t offset = 0;   // in the file
  std::uint64_t data_at = 0;  // in the log
  std::size_t size = 0;
};

std::uint64_t head_size(const CheckpointSubject& subject) {
  return fixed_head + subject.relative.size() + 4;
}

// The whole records of the log, with their data checked.
Result<std::vector<Record>> read_records(int log, std::uint64_t position) {
  std::vector<Record> records;
  std::vector<std::byte> data(max_record);
  for (;;) {
    std::array<std::byte, record_head> head{};
    SLUICE_TRY(std::size_t got, read_full(log, head.data(), head.size(), position, log_name));
    if (got < head.size()) return records;
    Reader in(head);
    Record record;
    record.offset = in.be<std::uint64_t>();
    record.size = in.be<std::uint32_t>();
    auto sum = in.be<std::uint32_t>();
    record.data_at = position + record_head;
    if (record.size > max_record) return records;
    SLUICE_TRY(got, read_full(log, data.data(), record.size, record.data_at, log_name));
    if (got < record.size || record_sum(record.offset, ByteView(data).first(record.size)) != sum)
      return records;
    records.push_back(record);
    position = record.data_at + record.size;
  }
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> Checkpoint::begin(const Journal& journal, int fd,
                                                      std::string_view relative,
                                                      const DiskConfig& config) {
  SLUICE_TRY(FileStat stat, stat_fd(fd, relative));
  SLUICE_TRY(Journal::Note note, journal.add(note_kind));
  std::vector<std::byte> head;
  Writer(head).be(magic).be(stat.key.device).be(stat.key.inode).be(stat.size);
  Writer(head).be(static_cast<std::uint32_t>(relative.size())).text(relative);
  Writer(head).be(crc32c(head));
  if (auto written = write_all(note.fd(), as_text(head), 0, log_name); !written) {
    note.remove();
    return tl::unexpected<Error>(std::move(written).error());
  }
  std::unique_ptr<Checkpoint> checkpoint(
      new Checkpoint(std::move(note), fd, stat.size, config.checkpoint_limit.count, config.sync));
  checkpoint->log_end_ = head.size();
  return checkpoint;
}

Status Checkpoint::protect_write(std::uint64_t offset, std::uint64_t size) {
  if (offset >= size_) return {};  // beyond the old end: rolling back cuts it off
  return save(offset, std::min(size, size_ - offset));
}

Status Checkpoint::protect_truncate(std::uint64_t size) {
  return size >= size_ ? Status() : save(size, size_ - size);
}

Status Checkpoint::save(std::uint64_t offset, std::uint64_t size) {
  if (size > limit_ - used_) return fail(Errc::quota, "the checkpoint of the file is full");
  std::vector<std::byte> record;
  std::uint64_t end = log_end_;
  std::uint64_t saved = 0;
  while (saved < size) {
    std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - saved, max_record));
    record.assign(record_head + wanted, std::byte{});
    SLUICE_TRY(std::size_t got,
               read_full(fd_, record.data() + record_head, wanted, offset + saved, log_name));
    if (got == 0) break;  // cut off by an earlier change, which saved it
    ByteView data = ByteView(record).subspan(record_head, got);
    store_be(std::span(record).subspan<0, 8>(), offset + saved);
    store_be(std::span(record).subspan<8, 4>(), static_cast<std::uint32_t>(got));
    store_be(std::span(record).subspan<12, 4>(), record_sum(offset + saved, data));
    SLUICE_CHECK(write_all(note_.fd(), as_text(ByteView(record).first(record_head + got)),
                           static_cast<std::int64_t>(end), log_name));
    end += record_head + got;
    saved += got;
  }
  if (sync_ != SyncPolicy::never && ::fdatasync(note_.fd()) != 0)
    return fail_errno(errno, log_name);
  log_end_ = end;
  used_ += saved;
  return {};
}

Status Checkpoint::commit() {
  if (sync_ != SyncPolicy::never && ::fdatasync(fd_) != 0) return fail_errno(errno, log_name);
  note_.remove();
  return {};
}

Status Checkpoint::rollback() {
  SLUICE_TRY(CheckpointSubject subject, read_checkpoint(note_.fd()));
  SLUICE_CHECK(roll_back(note_.fd(), fd_, subject));
  note_.remove();
  return {};
}

Result<CheckpointSubject> read_checkpoint(int log) {
  std::vector<std::byte> head(fixed_head + max_path + 4);
  SLUICE_TRY(std::size_t got, read_full(log, head.data(), head.size(), 0, log_name));
  head.resize(got);
  Reader in(head);
  if (in.be<std::uint64_t>() != magic) return fail(Errc::file_system, "not an undo log");
  CheckpointSubject subject;
  subject.file.device = in.be<std::uint64_t>();
  subject.file.inode = in.be<std::uint64_t>();
  subject.size = in.be<std::uint64_t>();
  subject.relative = as_text(in.take(in.be<std::uint32_t>()));
  auto sum = in.be<std::uint32_t>();
  if (in.failed() || sum != crc32c(ByteView(head).first(fixed_head + subject.relative.size()))) {
    return fail(Errc::file_system, "undo log is damaged");
  }
  return subject;
}

Status roll_back(int log, int fd, const CheckpointSubject& subject) {
  SLUICE_TRY(std::vector<Record> records, read_records(log, head_size(subject)));
  std::vector<std::byte> data(max_record);
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    SLUICE_TRY(std::size_t got,
               read_full(log, data.data(), record->size, record->data_at, log_name));
    SLUICE_CHECK(write_all(fd, as_text(ByteView(data).first(got)),
                           static_cast<std::int64_t>(record->offset), subject.relative));
  }
  if (::ftruncate(fd, static_cast<off_t>(subject.size)) != 0)
    return fail_errno(errno, subject.relative);
  // The log goes next: what it put back must not be lost with the power then.
  if (::fdatasync(fd) != 0) return fail_errno(errno, subject.relative);
  return {};
}

}  // namespace sluice::disk
