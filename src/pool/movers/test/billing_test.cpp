// SPDX-License-Identifier: Apache-2.0
#include "pool/movers/billing.h"

#include <boost/json/parse.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <thread>
#include <vector>

namespace sluice::pool {
namespace {

namespace fs = std::filesystem;

class BillingTest : public testing::Test {
 protected:
  ~BillingTest() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  static fs::path make_directory() {
    std::string name = (fs::temp_directory_path() / "sluice-billing-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    return name;
  }
  void open(const fs::path& file) {
    auto opened = Billing::open(file.string(), "pool1", metrics_);
    ASSERT_TRUE(opened) << opened.error().message();
    billing_ = *std::move(opened);
  }
  void append(std::int64_t file) {
    BillingRecord record;
    record.request.file = file;
    billing_->append(std::move(record));
  }
  // All that was appended is written.
  void close() { billing_.reset(); }

  // The file ids of the records, 0 for what is no record.
  static std::vector<std::int64_t> records(const fs::path& file) {
    std::vector<std::int64_t> ids;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      boost::json::error_code error;
      boost::json::value value = boost::json::parse(line, error);
      ids.push_back(error ? 0 : value.at("file").as_int64());
    }
    return ids;
  }
  static std::string captured(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  }
  std::uint64_t written() {
    return metrics_.counter("sluice_movers_billing_written_total", "").value();
  }
  std::uint64_t lost() { return metrics_.counter("sluice_movers_billing_lost_total", "").value(); }

  using Ids = std::vector<std::int64_t>;

  Metrics metrics_;
  const fs::path directory_ = make_directory();
  const fs::path file_ = directory_ / "billing.json";
  std::unique_ptr<Billing> billing_;
};

TEST_F(BillingTest, a_line_for_each_record_in_order) {
  open(file_);
  for (int i = 1; i <= 3; ++i) append(i);
  close();
  EXPECT_EQ(records(file_), (Ids{1, 2, 3}));
  EXPECT_EQ(written(), 3U);
  EXPECT_EQ(fs::status(file_).permissions() & fs::perms::others_all, fs::perms::none);
  open(file_);
  append(4);
  close();
  EXPECT_EQ(records(file_), (Ids{1, 2, 3, 4}));
}

TEST_F(BillingTest, without_a_file_nothing_is_written) {
  open("");
  append(1);
  billing_->reopen();
  close();
  EXPECT_EQ(written() + lost(), 0U);
}

TEST_F(BillingTest, a_file_that_cannot_be_made_is_an_error_at_the_start) {
  auto opened = Billing::open((directory_ / "none" / "billing").string(), "pool1", metrics_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_found);
}

TEST_F(BillingTest, many_threads) {
  open(file_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (int k = 0; k < 500; ++k) append(1 + i * 1000 + k);
    });
  }
  for (std::thread& thread : threads) thread.join();
  close();
  std::vector<std::int64_t> ids = records(file_);
  EXPECT_EQ(ids.size(), 2000U);
  std::map<std::int64_t, std::int64_t> last;  // of each thread
  for (std::int64_t id : ids) {
    EXPECT_GT(id, last[id / 1000]);
    last[id / 1000] = id;
  }
}

TEST_F(BillingTest, rotation) {
  open(file_);
  append(1);
  close();
  open(file_);
  fs::rename(file_, directory_ / "billing.1");
  append(2);  // nobody told it yet, or it was told before it wrote: in one of the two
  billing_->reopen();
  append(3);
  close();
  Ids old_ids = records(directory_ / "billing.1");
  Ids new_ids = records(file_);
  EXPECT_EQ(old_ids.front(), 1);
  EXPECT_EQ(new_ids.back(), 3);
  old_ids.insert(old_ids.end(), new_ids.begin(), new_ids.end());
  EXPECT_EQ(old_ids, (Ids{1, 2, 3}));
}

TEST_F(BillingTest, rotation_makes_the_new_file_without_waiting_for_a_record) {
  open(file_);
  fs::rename(file_, directory_ / "billing.1");
  billing_->reopen();
  close();
  EXPECT_TRUE(fs::exists(file_));
}

TEST_F(BillingTest, where_rotation_fails_the_old_file_stays_in_use) {
  open(file_);
  fs::rename(file_, directory_ / "billing.1");
  fs::create_directory(file_);
  std::string log = captured([this] {
    billing_->reopen();
    append(1);
    close();
  });
  EXPECT_EQ(records(directory_ / "billing.1"), (Ids{1}));
  EXPECT_NE(log.find("level=error module=movers event=billing.reopen_failed"), std::string::npos);
}

TEST_F(BillingTest, a_full_disk_loses_records_and_says_so_once) {
  open("/dev/full");
  std::string log = captured([this] {
    for (int i = 1; i <= 3; ++i) append(i);
    close();
  });
  EXPECT_EQ(lost(), 3U);
  EXPECT_EQ(written(), 0U);
  EXPECT_NE(log.find("event=billing.lost records=1 why=\"No space left: /dev/full"),
            std::string::npos)
      << log;
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

TEST_F(BillingTest, what_a_full_disk_cut_off_spoils_no_other_record) {
  std::ofstream(file_) << std::string(65'536, 'x') << '\n';  // the limit holds for the log too
  open(file_);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = fs::file_size(file_) + 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  std::string log = captured([this] {
    append(1);  // ten bytes of it fit
    append(2);
    while (lost() < 2) std::this_thread::yield();
  });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_NE(log.find("a record was cut off"), std::string::npos) << log;
  append(3);
  append(4);
  close();
  EXPECT_EQ(records(file_), (Ids{0, 0, 3, 4}));
}

TEST_F(BillingTest, what_an_earlier_run_left_unfinished_spoils_no_other_record) {
  std::ofstream(file_) << "{\"time\":";
  open(file_);
  append(1);
  append(2);
  close();
  EXPECT_EQ(records(file_), (Ids{0, 1, 2}));
}

// A pipe that nobody reads stands for a file system that hangs.
TEST_F(BillingTest, a_file_that_hangs_holds_nobody_up) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  open(file_);
  constexpr std::size_t pipe_records = 1000;  // more than 64 KiB
  std::string log = captured([this] {
    for (std::size_t i = 0; i < Billing::max_queued + pipe_records; ++i) append(1);
    EXPECT_GT(lost(), 0U);
  });
  EXPECT_NE(log.find("why=\"the queue of records is full\""), std::string::npos) << log;
  fs::path pipe = directory_ / "pipe";
  fs::rename(file_, pipe);
  billing_->reopen();  // finds no place in the queue either: the next record does it
  std::size_t piped = 0;
  std::thread reader([&pipe, &piped] { piped = records(pipe).size(); });
  close();
  reader.join();
  std::size_t in_new_file = records(file_).size();
  EXPECT_GT(piped, 0U);
  EXPECT_GT(in_new_file, 0U);
  EXPECT_EQ(piped + in_new_file, written());
  EXPECT_EQ(written() + lost(), Billing::max_queued + pipe_records);
}

}  // namespace
}  // namespace sluice::pool
