// SPDX-License-Identifier: Apache-2.0
#include "auth/credential.h"

#include <algorithm>
#include <cctype>

namespace sluice::auth {

Result<ByteView> content_of(ByteView credential, std::string_view method) {
  const std::string_view text = as_text(credential);
  if (!text.starts_with(method) || text.size() <= method.size() || text[method.size()] != '\0')
    return fail(Errc::authentication, fmt::format("this is no {} credential", method));
  if (text.size() == method.size() + 1)
    return fail(Errc::authentication, fmt::format("the {} credential is empty", method));
  return credential.subspan(method.size() + 1);
}

std::vector<std::byte> credential_of(std::string_view method, ByteView content) {
  std::vector<std::byte> out;
  out.reserve(method.size() + 1 + content.size());
  Writer(out).c_text(method).bytes(content);
  return out;
}

std::string label_of(std::string_view text, std::size_t most) {
  std::string out(text.substr(0, most));
  std::erase_if(out, [](char letter) {
    const auto c = static_cast<unsigned char>(letter);
    return std::isalnum(c) == 0 && c != '.' && c != '_' && c != '-' && c != '@';
  });
  return out;
}

}  // namespace sluice::auth
