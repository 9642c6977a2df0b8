// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include "base/passwords.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sluice {
namespace {

constexpr std::size_t max_list = 4096;  // entries; more is a mistake

// What a value in a file is called in messages.
std::string_view kind_of(const RawValue& raw) {
  constexpr std::array names = {"true or false", "a number", "a number", "text", "a list", "text"};
  if (const auto* other = std::get_if<OtherValue>(&raw)) return other->kind;
  return names[raw.index()];
}

tl::unexpected<Error> wrong_kind(std::string_view wanted, const RawValue& raw) {
  return fail(Errc::invalid_argument, fmt::format("must be {}, not {}", wanted, kind_of(raw)));
}

bool is_number(const RawValue& raw) {
  return std::holds_alternative<std::int64_t>(raw) || std::holds_alternative<double>(raw);
}

// How each type reads from a raw value, shows itself in TOML and is called. One block per type.
template <class T>
struct Kind;

template <>
struct Kind<bool> {
  static std::string name() { return "true or false"; }
  static std::string show(bool value) { return value ? "true" : "false"; }
  static Result<bool> parse(const RawValue& raw, NoRange) {
    if (const bool* value = std::get_if<bool>(&raw)) return *value;
    if (const auto* plain = std::get_if<PlainText>(&raw)) {
      if (plain->text == "true") return true;
      if (plain->text == "false") return false;
    }
    return wrong_kind("true or false", raw);
  }
};

template <std::integral T>
struct Kind<T> {
  static std::string name() { return "integer"; }
  static std::string show(T value) { return std::to_string(value); }
  static Result<T> parse(const RawValue& raw, Range<T> range) {
    std::string text;
    if (const auto* number = std::get_if<std::int64_t>(&raw)) {
      text = std::to_string(*number);
    } else if (const auto* plain = std::get_if<PlainText>(&raw)) {
      text = plain->text;
    } else {
      return wrong_kind("a whole number", raw);
    }
    auto value = parse_int<T>(text, range.lo, range.hi);
    bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos && !text.empty();
    if (!value && is_whole) {  // also what does not fit into T
      return fail(Errc::invalid_argument, fmt::format("{} is not between {} and {}",
                                                      text.substr(0, 64), range.lo, range.hi));
    }
    return value;
  }
};

// Bytes and Duration: text with a unit.
template <class T>
Result<T> parse_with_unit(const RawValue& raw, Range<T> range, Result<T> (*parse)(std::string_view),
                          std::string_view example) {
  if (is_number(raw)) {
    return fail(Errc::invalid_argument,
                fmt::format("needs a unit, in quotes, such as \"{}\"", example));
  }
  SLUICE_TRY(std::string text, text_of(raw, example));
  SLUICE_TRY(T value, parse(text));
  if (value < range.lo || value > range.hi) {
    return fail(Errc::invalid_argument, fmt::format("{} is not between {} and {}", text,
                                                    to_text(range.lo), to_text(range.hi)));
  }
  return value;
}

template <>
struct Kind<Bytes> {
  static std::string name() { return "size"; }
  static std::string show(Bytes value) { return quoted_toml(to_text(value)); }
  static Result<Bytes> parse(const RawValue& raw, Range<Bytes> range) {
    return parse_with_unit<Bytes>(raw, range, &parse_bytes, "512 KiB");
  }
};

template <>
struct Kind<Duration> {
  static std::string name() { return "duration"; }
  static std::string show(Duration value) { return quoted_toml(to_text(value)); }
  static Result<Duration> parse(const RawValue& raw, Range<Duration> range) {
    return parse_with_unit<Duration>(raw, range, &parse_duration, "30 s");
  }
};

template <>
struct Kind<std::string> {
  static std::string name() { return "text"; }
  static std::string show(const std::string& value) { return quoted_toml(value); }
  static Result<std::string> parse(const RawValue& raw, NoRange) { return text_of(raw, ""); }
};

template <>
struct Kind<std::vector<std::string>> {
  static std::string name() { return "list of texts"; }
  static std::string show(const std::vector<std::string>& value) {
    std::string out = "[";
    for (const std::string& entry : value)
      out.append(out.size() > 1 ? ", " : "").append(quoted_toml(entry));
    return out + "]";
  }
  static Result<std::vector<std::string>> parse(const RawValue& raw, NoRange) {
    std::vector<std::string> list;
    if (const auto* plain = std::get_if<PlainText>(&raw)) {
      if (!plain->text.empty()) {
        for (std::string_view part : split(plain->text, ',')) list.emplace_back(trim(part));
      }
    } else if (const auto* entries = std::get_if<std::vector<std::string>>(&raw)) {
      list = *entries;
    } else {
      return wrong_kind("a list of texts, such as [\"a\", \"b\"]", raw);
    }
    if (list.size() > max_list)
      return fail(Errc::too_long, fmt::format("has more than {} entries", max_list));
    return list;
  }
};

template <>
struct Kind<Endpoint> {
  static std::string name() { return "host and port"; }
  static std::string show(const Endpoint& value) { return quoted_toml(to_text(value)); }
  static Result<Endpoint> parse(const RawValue& raw, NoRange) {
    SLUICE_TRY(std::string text, text_of(raw, "127.0.0.1:1094"));
    return parse_endpoint(text);
  }
};

std::string bound_text(Bytes value) { return to_text(value); }
std::string bound_text(Duration value) { return to_text(value); }
std::string bound_text(std::integral auto value) { return std::to_string(value); }

// "net" while there is "net.loops".
bool is_table(const Sections& sections, std::string_view key) {
  for (const Section& section : sections) {
    for (const auto& row : section.rows()) {
      if (row->key().size() > key.size() && row->key().starts_with(key) &&
          row->key()[key.size()] == '.')
        return true;
    }
  }
  return false;
}

SettingRow* find_row(const Sections& sections, std::string_view key) {
  for (const Section& section : sections) {
    for (const auto& row : section.rows()) {
      if (row->key() == key) return row.get();
    }
  }
  return nullptr;
}

}  // namespace

// Basic strings of TOML escape exactly what JSON strings do.
std::string quoted_toml(std::string_view text) { return json_quoted(text); }

Result<std::string> text_of(const RawValue& raw, std::string_view example) {
  if (const auto* text = std::get_if<std::string>(&raw)) return *text;
  if (const auto* plain = std::get_if<PlainText>(&raw)) return plain->text;
  return wrong_kind(example.empty() ? std::string("text in quotes")
                                    : fmt::format("text in quotes, such as \"{}\"", example),
                    raw);
}

tl::unexpected<Error> unknown_word(std::string_view word, std::string_view known) {
  return fail(Errc::invalid_argument,
              fmt::format("\"{}\" is not one of {}", word.substr(0, 64), known));
}

template <class T>
std::string TypedRow<T>::type() const {
  return Kind<T>::name();
}

template <class T>
std::string TypedRow<T>::range() const {
  if constexpr (BoundedSetting<T>) {
    return fmt::format("{} to {}", bound_text(range_.lo), bound_text(range_.hi));
  } else {
    return {};
  }
}

template <class T>
std::string TypedRow<T>::value() const {
  return Kind<T>::show(*target_);
}

template <class T>
Status TypedRow<T>::assign(const RawValue& raw) {
  SLUICE_TRY(T value, Kind<T>::parse(raw, range_));
  if (check_) SLUICE_CHECK(check_(value));
  *target_ = std::move(value);
  return {};
}

template class TypedRow<bool>;
template class TypedRow<int>;
template class TypedRow<std::int64_t>;
template class TypedRow<std::uint16_t>;
template class TypedRow<std::uint32_t>;
template class TypedRow<std::uint64_t>;
template class TypedRow<Bytes>;
template class TypedRow<Duration>;
template class TypedRow<std::string>;
template class TypedRow<std::vector<std::string>>;
template class TypedRow<Endpoint>;

const SettingRow* find_setting(const Sections& sections, std::string_view key) {
  return find_row(sections, key);
}

tl::unexpected<Error> unknown_setting(const Sections& sections, std::string_view key) {
  if (is_table(sections, key)) {
    return fail(Errc::not_found, fmt::format("{} is a table of settings, not a setting", key));
  }
  std::vector<std::string_view> known;
  for (const Section& section : sections) {
    for (const auto& row : section.rows()) known.push_back(row->key());
  }
  std::string text = fmt::format("unknown setting {}", key.substr(0, 128));
  if (auto meant = nearest(key, known)) text += fmt::format("; did you mean {}?", *meant);
  return fail(Errc::not_found, std::move(text));
}

std::vector<std::string> apply_settings(Sections& sections, std::span<const RawSetting> raw) {
  std::vector<std::string> wrong;
  for (const RawSetting& entry : raw) {
    SettingRow* row = find_row(sections, entry.key);
    if (row == nullptr) {
      wrong.push_back(
          fmt::format("{}: {}", entry.where, unknown_setting(sections, entry.key).value().detail));
      continue;
    }
    if (Status status = row->assign(entry.value); !status) {
      wrong.push_back(fmt::format("{}: {}: {}", entry.where, entry.key, status.error().detail));
    }
  }
  return wrong;
}

std::vector<SettingChange> reload_settings(Sections& running, const Sections& fresh) {
  std::vector<SettingChange> changes;
  for (Section& section : running) {
    for (const auto& row : section.rows()) {
      const SettingRow* after = find_row(fresh, row->key());
      if (after == nullptr || after->value() == row->value()) continue;
      changes.push_back({row->key(), without_passwords(row->value()),
                         without_passwords(after->value()), row->reload()});
      if (row->reload() == Reload::yes) row->copy_from(*after);
    }
  }
  return changes;
}

}  // namespace sluice
