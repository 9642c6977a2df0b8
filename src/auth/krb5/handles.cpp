// SPDX-License-Identifier: Apache-2.0
#include "auth/krb5/handles.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::auth::krb5 {

Result<Context> make_context() {
  krb5_context context = nullptr;
  if (const auto code = krb5_init_context(&context); code != 0) {
    const char* text = krb5_get_error_message(nullptr, code);
    auto out = fail(Errc::unsupported, fmt::format("krb5: Kerberos cannot be used here: {}", text));
    krb5_free_error_message(nullptr, text);
    return out;
  }
  return Context(context, &krb5_free_context);
}

tl::unexpected<Error> failure(const Context& context, krb5_error_code code, std::string_view what,
                              Errc kind) {
  const char* text = krb5_get_error_message(context.get(), code);
  auto out = fail(kind, fmt::format("krb5: {}: {}", what, text));
  krb5_free_error_message(context.get(), text);
  return out;
}

krb5_data view_of(ByteView bytes) {
  krb5_data out{};
  out.length = static_cast<unsigned>(bytes.size());
  out.data = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  return out;
}

Result<Principal> parse_principal(const Context& context, const std::string& name) {
  Principal out(context);
  if (const auto code = krb5_parse_name(context.get(), name.c_str(), out.out()); code != 0)
    return failure(context, code, name, Errc::invalid_argument);
  return out;
}

Result<std::string> text_of(const Context& context, krb5_const_principal principal) {
  char* text = nullptr;
  if (const auto code = krb5_unparse_name(context.get(), principal, &text); code != 0)
    return failure(context, code, "the name of a principal");
  std::string out(text);
  krb5_free_unparsed_name(context.get(), text);
  return out;
}

Result<ByteView> without_prefix(ByteView credential) {
  const bool is_ours =
      as_text(credential.first(std::min(credential.size(), prefix.size()))) == prefix;
  if (!is_ours || credential.size() == prefix.size())
    return fail(Errc::authentication, "krb5: the credential is empty, cut short or another's");
  return credential.subspan(prefix.size());
}

std::vector<std::byte> with_prefix(ByteView message) {
  std::vector<std::byte> out;
  Writer(out).text(prefix).bytes(message);
  return out;
}

}  // namespace sluice::auth::krb5
