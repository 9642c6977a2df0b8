// SPDX-License-Identifier: Apache-2.0
#include "cli/place.h"

#include "xroot/url.h"

#include <fmt/format.h>

#include <array>

namespace sluice::cli {
namespace {

constexpr std::array schemes = {std::string_view("root"), std::string_view("roots"),
                                std::string_view("xroot"), std::string_view("xroots")};

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Result<Place> parse_remote(std::string_view text, std::size_t authority) {
  Place place{.kind = Place::Kind::remote, .server = {}, .path = {}, .cgi = {}};
  std::size_t slash = std::min(text.find_first_of("/?", authority), text.size());
  place.server = text.substr(0, slash);
  SLUICE_TRY([[maybe_unused]] xroot::Url known, xroot::Url::parse(place.server));
  std::string_view rest = text.substr(slash);
  if (std::size_t question = rest.find('?'); question != std::string_view::npos) {
    place.cgi = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  // The slash after the host is a separator; one slash alone is taken for what was meant.
  std::size_t first = std::min(rest.find_first_not_of('/'), rest.size());
  place.path = fmt::format("/{}", rest.substr(first));
  return place;
}

}  // namespace

bool is_url(std::string_view text) {
  std::size_t end = text.find("://");
  if (end == std::string_view::npos) return false;
  return std::find(schemes.begin(), schemes.end(), text.substr(0, end)) != schemes.end();
}

Result<Place> parse_place(std::string_view text) {
  if (text == "-") return Place{.kind = Place::Kind::stream, .server = {}, .path = "-", .cgi = {}};
  if (is_url(text)) return parse_remote(text, text.find("://") + 3);
  if (text.starts_with("file://")) text.remove_prefix(7);
  if (std::size_t end = text.find("://");
      end != std::string_view::npos && text.find('/') == end + 1) {
    return fail(Errc::usage, fmt::format("{}:// is not spoken here; root:// and roots:// are",
                                         text.substr(0, end)));
  }
  if (text.empty()) return fail(Errc::usage, "an empty name is no file");
  return Place{.kind = Place::Kind::local, .server = {}, .path = std::string(text), .cgi = {}};
}

Result<Place> parse_url(std::string_view text) {
  SLUICE_TRY(Place place, parse_place(text));
  if (place.is_remote()) return place;
  return fail(Errc::usage,
              fmt::format("\"{}\" is not a URL; write root://host//path", text.substr(0, 200)));
}

std::string Place::shown() const {
  // "user:password@": the password stays here.
  if (std::size_t at = server.rfind('@'); is_remote() && at != std::string::npos) {
    if (std::size_t colon = server.find(':', server.find("://") + 3); colon < at) {
      return fmt::format("{}{}/{}", server.substr(0, colon), server.substr(at), path);
    }
  }
  return is_remote() ? fmt::format("{}/{}", server, path) : path;
}

std::string Place::text() const {
  if (!is_remote()) return path;
  return cgi.empty() ? fmt::format("{}/{}", server, path)
                     : fmt::format("{}/{}?{}", server, path, cgi);
}

std::string Place::name() const {
  std::string_view whole = without_trailing_slashes(path);
  return std::string(whole.substr(whole.rfind('/') + 1));
}

Place Place::child(std::string_view relative) const {
  Place place = *this;
  if (!relative.empty() && !place.path.ends_with('/')) place.path += '/';
  place.path += relative;
  return place;
}

Place Place::parent() const {
  Place place = *this;
  std::string_view whole = without_trailing_slashes(path);
  std::size_t slash = whole.rfind('/');
  if (slash == std::string_view::npos) {
    place.path = ".";
  } else {
    place.path = slash == 0 ? "/" : std::string(without_trailing_slashes(whole.substr(0, slash)));
  }
  return place;
}

}  // namespace sluice::cli
