// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/billing.h"

#include "pool/movers/movers_log.h"

#include <utility>

namespace sluice::pool {
namespace {

// A full disk loses every record; one line a minute is enough to say so.
constexpr auto complaint_interval = std::chrono::minutes(1);

}  // namespace

Result<std::unique_ptr<Billing>> Billing::open(std::string file, std::string pool,
                                               Metrics& metrics) {
  std::unique_ptr<Billing> billing(new Billing(std::move(pool), metrics));
  if (file.empty()) return billing;
  SLUICE_TRY(billing->file_, LineFile::open(std::move(file)));
  billing->writer_ = std::make_unique<BlockingPool>(1, max_queued, "billing");
  return billing;
}

Billing::Billing(std::string pool, Metrics& metrics)
    : pool_(std::move(pool)),
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
  const std::string line = to_json_line(record, pool_);
  auto written = file_->append(line);
  if (!written) return lose(written.error().message());
  if (*written < line.size()) return lose(file_->name() + ": no space, a record was cut off");
  written_.add();
}

void Billing::reopen_if_asked() {
  if (!reopen_asked_.exchange(false)) return;
  if (Status opened = file_->reopen(); !opened) {
    movers_log.error("billing.reopen_failed",
                     {{"file", file_->name()}, {"why", opened.error().message()}});
  }
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
