// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/billing.h"

#include "pool/movers/movers_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sluice::pool {
namespace {

// A full disk loses every record; one line a minute is enough to say so.
constexpr auto complaint_interval = std::chrono::minutes(1);

// Whether a file ends in the middle of a line, as after a full disk.
bool ends_torn(int fd) {
  struct stat stat{};
  char last = '\n';
  if (::fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size == 0) return false;
  return ::pread(fd, &last, 1, stat.st_size - 1) == 1 && last != '\n';
}

}  // namespace

Result<std::unique_ptr<Billing>> Billing::open(std::string file, std::string pool,
                                               Metrics& metrics) {
  std::unique_ptr<Billing> billing(new Billing(std::move(file), std::move(pool), metrics));
  if (billing->file_.empty()) return billing;
  SLUICE_CHECK(billing->open_file());
  billing->writer_ = std::make_unique<BlockingPool>(1, max_queued, "billing");
  return billing;
}

Billing::Billing(std::string file, std::string pool, Metrics& metrics)
    : file_(std::move(file)),
      pool_(std::move(pool)),
      written_(metrics.counter("sluice_movers_billing_written_total", "Billing records written.")),
      lost_(metrics.counter("sluice_movers_billing_lost_total",
                            "Billing records that could not be written.")) {}

void Billing::append(BillingRecord record) {
  if (!writer_) return;
  if (!writer_->submit([this, record = std::move(record)] { write(record); })) {
    lose("the queue of records is full");
  }
}

void Billing::reopen() {
  if (!writer_) return;
  reopen_asked_ = true;
  // With a full queue the next record does it.
  (void)writer_->submit([this] { reopen_if_asked(); });
}

void Billing::write(const BillingRecord& record) {
  reopen_if_asked();
  if (Status written = write_line(to_json_line(record, pool_)); !written) {
    lose(written.error().message());
  } else {
    written_.add();
  }
}

// One write(2), so that lines of others who append to the file do not mix with ours. What a full disk cut off is given a
// line of its own by the next record.
Status Billing::write_line(std::string line) {
  if (is_torn_) line.insert(line.begin(), '\n');
  ssize_t n = 0;
  do {
    n = ::write(fd_.get(), line.data(), line.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return fail_errno(errno, file_);
  auto size = static_cast<std::size_t>(n);
  if (size > 0) is_torn_ = line[size - 1] != '\n';
  if (size < line.size()) return fail(Errc::no_space, file_ + ": a record was cut off");
  return {};
}

void Billing::reopen_if_asked() {
  if (!reopen_asked_.exchange(false)) return;
  if (Status opened = open_file(); !opened) {
    movers_log.error("billing.reopen_failed", {{"file", file_}, {"why", opened.error().message()}});
  }
}

Status Billing::open_file() {
  // Read access is for ends_torn() alone.
  Fd fd(::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  if (!fd) return fail_errno(errno, file_);
  is_torn_ = ends_torn(fd.get());
  fd_ = std::move(fd);
  return {};
}

void Billing::lose(std::string_view why) {
  lost_.add();
  std::lock_guard lock(complaint_mutex_);
  ++lost_since_complaint_;
  auto now = std::chrono::steady_clock::now();
  if (now < next_complaint_) return;
  next_complaint_ = now + complaint_interval;
  std::uint64_t records = std::exchange(lost_since_complaint_, 0);
  movers_log.error("billing.lost", {{"records", records}, {"why", why}});
}

}  // namespace sluice::pool
