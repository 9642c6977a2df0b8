// SPDX-License-Identifier: Apache-2.0
#include "auth/token/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace sluice::auth::jwt {
namespace {

namespace json = boost::json;

// Follows the parser and stops it at the first thing that is too much or there twice.
class Watch {
 public:
  explicit Watch(std::size_t values) : values_left_(values) {}

  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& error) {
    keys_.emplace_back();
    return count(error);
  }
  bool on_object_end(std::size_t, json::error_code&) {
    keys_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code& error) { return count(error); }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key_.append(part.data(), part.size());
    has_double_ = !keys_.back().insert(std::move(key_)).second;
    key_.clear();
    if (has_double_) error = json::error::exception;
    return !has_double_ && count(error);
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code& error) { return count(error); }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& error) { return count(error); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return count(error); }
  bool on_double(double, json::string_view, json::error_code& error) { return count(error); }
  bool on_bool(bool, json::error_code& error) { return count(error); }
  bool on_null(json::error_code& error) { return count(error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool has_double() const { return has_double_; }
  bool has_too_many() const { return values_left_ == 0; }

 private:
  bool count(json::error_code& error) {
    if (values_left_ == 0 || --values_left_ == 0) {
      error = json::error::exception;
      return false;
    }
    return true;
  }

  std::size_t values_left_;
  bool has_double_ = false;
  std::string key_;
  std::vector<std::set<std::string>> keys_;  // of each object that is open
};

}  // namespace

Result<json::object> read_json(std::string_view text, JsonBounds bounds, std::string_view what) {
  auto refuse = [&](std::string_view why) {
    return fail(Errc::authentication, std::string(what).append(" ").append(why));
  };
  json::parse_options options;
  options.max_depth = bounds.depth;
  json::basic_parser<Watch> watch(options, bounds.values + 1);
  json::error_code error;
  std::size_t used = watch.write_some(false, text.data(), text.size(), error);
  if (watch.handler().has_double()) return refuse("has a key twice");
  if (watch.handler().has_too_many()) return refuse("has too many values");
  if (error == json::error::too_deep) return refuse("is nested too deep");
  if (error || used != text.size()) return refuse("is not JSON");
  json::value value = json::parse(text, error, {}, options);
  if (error) return refuse("is not JSON");
  if (!value.is_object()) return refuse("is not an object");
  return std::move(value.as_object());
}

Result<std::string> plain_text(const json::value& value, std::string_view key, std::size_t max) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const json::string* text = value.if_string();
  if (!text || text->size() > max || std::ranges::any_of(*text, is_control)) {
    return fail(Errc::authentication, "\"" + std::string(key) + "\" is not a text of at most " +
                                          std::to_string(max) + " bytes");
  }
  return std::string(text->data(), text->size());
}

Result<std::string> text_member(const json::object& object, std::string_view key, std::size_t max) {
  const json::value* value = object.if_contains(key);
  if (!value) return std::string();
  return plain_text(*value, key, max);
}

}  // namespace sluice::auth::jwt
