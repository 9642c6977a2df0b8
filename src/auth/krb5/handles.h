// SPDX-License-Identifier: Apache-2.0
// Owners of libkrb5's objects. Each of them belongs to a context, and a context to one thread at a time: a conversation has
// one of its own, which costs tens of microseconds, and its objects hold on to it.
#pragma once

#include "base/bytes.h"
#include "base/fd.h"

#include <krb5.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::auth::krb5 {

using Context = std::shared_ptr<_krb5_context>;

// Errc::unsupported where krb5.conf cannot be used.
Result<Context> make_context();

// Errc::authentication with libkrb5's words.
tl::unexpected<Error> failure(const Context& context, krb5_error_code code, std::string_view what,
                              Errc kind = Errc::authentication);

// Destroys with its context: krb5_free_principal, krb5_kt_close ...
template <class Handle, auto Free>
class Of {
 public:
  explicit Of(Context context) : context_(std::move(context)) {}
  Of(Of&& other) noexcept
      : context_(std::move(other.context_)), handle_(std::exchange(other.handle_, Handle{})) {}
  Of& operator=(Of&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Of() {
    if (handle_ != Handle{}) Free(context_.get(), handle_);
  }

  Handle get() const { return handle_; }
  Handle* out() { return &handle_; }
  Handle operator->() const { return handle_; }

 private:
  Context context_;
  Handle handle_{};
};

using Principal = Of<krb5_principal, &krb5_free_principal>;
using Keytab = Of<krb5_keytab, &krb5_kt_close>;
using AuthContext = Of<krb5_auth_context, &krb5_auth_con_free>;
using Ticket = Of<krb5_ticket*, &krb5_free_ticket>;
using Cache = Of<krb5_ccache, &krb5_cc_close>;
using Credentials = Of<krb5_creds*, &krb5_free_creds>;
using CredentialList = Of<krb5_creds**, &krb5_free_tgt_creds>;

// What libkrb5 filled in and wants back.
class Data {
 public:
  explicit Data(Context context) : context_(std::move(context)) {}
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  ~Data() { krb5_free_data_contents(context_.get(), &data_); }

  krb5_data* out() { return &data_; }
  ByteView bytes() const { return std::as_bytes(std::span(data_.data, data_.length)); }

 private:
  Context context_;
  krb5_data data_{};
};

// libkrb5 reads only, but has no word for it.
krb5_data view_of(ByteView bytes);

Result<Principal> parse_principal(const Context& context, const std::string& name);
Result<std::string> text_of(const Context& context, krb5_const_principal principal);

// "krb5" NUL and what follows. Errc::authentication where nothing does: stock servers take such a client for its host.
inline constexpr std::string_view prefix{"krb5\0", 5};
Result<ByteView> without_prefix(ByteView credential);
std::vector<std::byte> with_prefix(ByteView message);

}  // namespace sluice::auth::krb5
