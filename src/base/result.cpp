// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace sluice {
namespace {

constexpr std::array error_rows = {
#define SLUICE_ERROR(name, xroot, http, grpc, exit, retryable, text) \
  ErrorRow{#name, xroot, http, grpc, exit, retryable, text},
#include "base/errors.def"
#undef SLUICE_ERROR
};

struct ErrnoRow {
  int number;
  Errc code;
};

// What is not listed is Errc::file_system.
constexpr std::array errno_rows = {
    ErrnoRow{EINVAL, Errc::invalid_argument},
    ErrnoRow{ENAMETOOLONG, Errc::too_long},
    ErrnoRow{EBADF, Errc::not_open},
    ErrnoRow{EIO, Errc::io},
    ErrnoRow{ENOMEM, Errc::no_memory},
    ErrnoRow{ENOBUFS, Errc::no_memory},
    ErrnoRow{ENOSPC, Errc::no_space},
    ErrnoRow{EPERM, Errc::not_authorized},
    ErrnoRow{EACCES, Errc::not_authorized},
    ErrnoRow{
        EXDEV,
        Errc::not_authorized},  // openat2 says this of a path that would leave the exported tree
    ErrnoRow{ELOOP, Errc::not_authorized},
    ErrnoRow{ENOENT, Errc::not_found},
    ErrnoRow{ENOTSUP, Errc::unsupported},
    ErrnoRow{ENETUNREACH, Errc::no_server},
    ErrnoRow{EHOSTUNREACH, Errc::no_server},
    ErrnoRow{ECONNREFUSED, Errc::no_server},
    ErrnoRow{ENOTDIR, Errc::not_file},
    ErrnoRow{EISDIR, Errc::is_directory},
    ErrnoRow{ECANCELED, Errc::cancelled},
    ErrnoRow{EEXIST, Errc::exists},
    ErrnoRow{ENOTEMPTY, Errc::exists},
    ErrnoRow{ETXTBSY, Errc::in_progress},
    ErrnoRow{EDQUOT, Errc::quota},
    ErrnoRow{EROFS, Errc::read_only},
    ErrnoRow{ENODATA, Errc::no_attribute},
    ErrnoRow{ETIMEDOUT, Errc::timed_out},
    ErrnoRow{ECONNRESET, Errc::connection},
    ErrnoRow{EPIPE, Errc::connection},
};

}  // namespace

const ErrorRow& error_row(Errc code) { return error_rows[static_cast<std::size_t>(code)]; }

Errc errc_from_xroot(std::uint32_t code) {
  // The rows of the protocol come first in the table and are in its order, so the first match is
  // the protocol's own.
  for (std::size_t i = 0; i < error_rows.size(); ++i) {
    if (error_rows[i].xroot == code) return static_cast<Errc>(i);
  }
  return Errc::server;
}

Errc errc_from_errno(int number) {
  for (const ErrnoRow& row : errno_rows) {
    if (row.number == number) return row.code;
  }
  return Errc::file_system;
}

std::string Error::message() const {
  std::string text(error_row(code).text);
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

tl::unexpected<Error> fail_errno(int number, std::string_view object, std::source_location where) {
  std::string detail(object);
  if (!detail.empty()) detail += ": ";
  detail += std::generic_category().message(number);
  return fail(errc_from_errno(number), std::move(detail), where);
}

}  // namespace sluice
