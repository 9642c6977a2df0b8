// SPDX-License-Identifier: Apache-2.0
// Texts that users and peers write: URLs, paths, CGI. Input: the text.
#include "check.h"
#include "xroot/opaque.h"
#include "xroot/path.h"
#include "xroot/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  using namespace sluice::xroot;
  const std::string_view text = as_text(fuzz::view(data, size));

  if (const auto path = parse_path(text)) {
    fuzz::check(path->path.starts_with('/') && path->path.size() <= max_path);
    fuzz::check((path->path + "/").find("/../") == std::string::npos);
    fuzz::check(path->path.find("//") == std::string::npos);
    const auto again = parse_path(path->path);
    fuzz::check(again && again->path == path->path);
  }
  if (const auto url = Url::parse(text)) {
    const auto again = Url::parse(url->text());
    fuzz::check(url->is_local() || (again && *again == *url));
    (void)url->display();
  }
  (void)Url::parse_server(text);

  const Opaque cgi(text);
  std::size_t pairs = 0;
  for (const Opaque::Pair& pair : cgi) {
    ++pairs;
    if (pairs <= 16) fuzz::check(cgi.get(pair.key).has_value());
  }
  fuzz::check((pairs == 0) == cgi.empty());
  if (pairs <= 64) (void)cgi.merged(cgi);
  if (const auto plain = percent_decode(text))
    fuzz::check(*percent_decode(percent_encode(*plain)) == *plain);
  return 0;
}
