// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include "base/test/run.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <set>
#include <vector>

namespace sluice {
namespace {

const std::vector<Errc> all_codes = {
#define SLUICE_ERROR(name, ...) Errc::name,
#include "base/errors.def"
#undef SLUICE_ERROR
};

TEST(Errors, every_row_is_complete) {
  std::set<std::string_view> names;
  for (Errc code : all_codes) {
    const ErrorRow& row = error_row(code);
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " stands twice";
    EXPECT_GE(row.xroot, 3000) << row.name;
    EXPECT_LE(row.xroot, 3035) << row.name;
    EXPECT_GE(row.http, 400) << row.name;
    EXPECT_LE(row.http, 599) << row.name;
    EXPECT_GE(row.grpc, 1) << row.name;
    EXPECT_LE(row.grpc, 16) << row.name;
    EXPECT_GE(row.exit, 50) << row.name;
    EXPECT_LE(row.exit, 55) << row.name;
    EXPECT_FALSE(row.text.empty()) << row.name;
  }
}

TEST(Errors, every_code_of_the_protocol_has_a_row) {
  for (std::uint32_t code = 3000; code <= 3035; ++code)
    EXPECT_EQ(error_row(errc_from_xroot(code)).xroot, code);
  EXPECT_EQ(errc_from_xroot(3011), Errc::not_found);
  EXPECT_EQ(errc_from_xroot(3000), Errc::invalid_argument);  // not `usage`, which shares the number
  for (std::uint32_t code : {0U, 2999U, 3036U, 400U, 0xffffffffU})
    EXPECT_EQ(errc_from_xroot(code), Errc::server);
}

TEST(Errors, code_of_a_system_call) {
  struct Row {
    int number;
    Errc code;
  };
  for (const Row& row : {Row{EINVAL, Errc::invalid_argument},
                         Row{ENAMETOOLONG, Errc::too_long},
                         Row{EBADF, Errc::not_open},
                         Row{EIO, Errc::io},
                         Row{ENOMEM, Errc::no_memory},
                         Row{ENOBUFS, Errc::no_memory},
                         Row{ENOSPC, Errc::no_space},
                         Row{EPERM, Errc::not_authorized},
                         Row{EACCES, Errc::not_authorized},
                         Row{EXDEV, Errc::not_authorized},
                         Row{ELOOP, Errc::not_authorized},
                         Row{ENOENT, Errc::not_found},
                         Row{ENOTSUP, Errc::unsupported},
                         Row{ENETUNREACH, Errc::no_server},
                         Row{EHOSTUNREACH, Errc::no_server},
                         Row{ECONNREFUSED, Errc::no_server},
                         Row{ENOTDIR, Errc::not_file},
                         Row{EISDIR, Errc::is_directory},
                         Row{ECANCELED, Errc::cancelled},
                         Row{EEXIST, Errc::exists},
                         Row{ENOTEMPTY, Errc::exists},
                         Row{ETXTBSY, Errc::in_progress},
                         Row{EDQUOT, Errc::quota},
                         Row{EROFS, Errc::read_only},
                         Row{ENODATA, Errc::no_attribute},
                         Row{ETIMEDOUT, Errc::timed_out},
                         Row{ECONNRESET, Errc::connection},
                         Row{EPIPE, Errc::connection},
                         Row{EMFILE, Errc::file_system},
                         Row{0, Errc::file_system},
                         Row{-1, Errc::file_system}}) {
    EXPECT_EQ(errc_from_errno(row.number), row.code) << row.number;
  }
}

TEST(Errors, no_errno_leads_outside_the_table) {
  for (int number = -10; number < 200; ++number) {
    EXPECT_FALSE(error_row(errc_from_errno(number)).name.empty());
    // What a server says about a file must be a code that clients know.
    EXPECT_GE(error_row(errc_from_errno(number)).xroot, 3000);
  }
}

TEST(Errors, messages) {
  EXPECT_EQ((Error{Errc::not_found, "/data/x", {}}).message(),
            "No such file or directory: /data/x");
  EXPECT_EQ((Error{Errc::not_found, "", {}}).message(), "No such file or directory");
  Status status = fail_errno(ENOENT, "/data/x");
  EXPECT_EQ(status.error().detail, "/data/x: No such file or directory");
  EXPECT_EQ(Status(fail_errno(EIO, "")).error().detail, "Input/output error");
}

TEST(Errors, know_where_they_were_made) {
  Status status = fail(Errc::io);
  EXPECT_NE(std::string(status.error().where.file_name()).find("result_test.cpp"),
            std::string::npos);
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Errc::invalid_argument, "odd");
  return n / 2;
}
Result<std::unique_ptr<int>> boxed(int n) {
  SLUICE_TRY(int once, half(n));
  SLUICE_TRY(int twice, half(once));
  return std::make_unique<int>(twice);
}
Status check(int n) {
  SLUICE_CHECK(half(n));
  if (n > 10) SLUICE_CHECK(half(n / 2));
  return {};
}
Task<int> half_later(int n) {
  SLUICE_CO_TRY(int value, half(n));
  SLUICE_CO_CHECK(check(value));
  co_return value;
}

TEST(Result, try_takes_the_value_or_leaves) {
  auto value = boxed(12);
  ASSERT_TRUE(value);
  EXPECT_EQ(**value, 3);
  auto odd = boxed(6);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().detail, "odd");
}

TEST(Result, check) {
  EXPECT_TRUE(check(8));
  EXPECT_FALSE(check(7));
  EXPECT_FALSE(check(14));
}

TEST(Result, in_coroutines) {
  EXPECT_EQ(*run_for(half_later(8)), 4);
  EXPECT_FALSE(run_for(half_later(7)));
  EXPECT_FALSE(run_for(half_later(6)));
}

}  // namespace
}  // namespace sluice
