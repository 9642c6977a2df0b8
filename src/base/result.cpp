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
  switch (number) {
    case EINVAL:
      return Errc::invalid_argument;
    case ENAMETOOLONG:
      return Errc::too_long;
    case EBADF:
      return Errc::not_open;
    case EIO:
      return Errc::io;
    case ENOMEM:
    case ENOBUFS:
      return Errc::no_memory;
    case ENOSPC:
      return Errc::no_space;
    case EPERM:
    case EACCES:
    case EXDEV:  // openat2 says this of a path that would leave the exported tree
    case ELOOP:
      return Errc::not_authorized;
    case ENOENT:
      return Errc::not_found;
    case ENOTSUP:
      return Errc::unsupported;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ECONNREFUSED:
      return Errc::no_server;
    case ENOTDIR:
      return Errc::not_file;
    case EISDIR:
      return Errc::is_directory;
    case ECANCELED:
      return Errc::cancelled;
    case EEXIST:
    case ENOTEMPTY:
      return Errc::exists;
    case ETXTBSY:
      return Errc::in_progress;
    case EDQUOT:
      return Errc::quota;
    case EROFS:
      return Errc::read_only;
    case ENODATA:
      return Errc::no_attribute;
    case ETIMEDOUT:
      return Errc::timed_out;
    case ECONNRESET:
    case EPIPE:
      return Errc::connection;
    default:
      return Errc::file_system;
  }
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
