// SPDX-License-Identifier: Apache-2.0
// Typed settings. A module declares a struct with defaults and, beside it, one row per field:
//
//   struct PoolConfig { Bytes read_chunk = 512_KiB; bool verify = true; };
//   inline constexpr std::tuple pool_settings{
//       setting("pool.read_chunk", &PoolConfig::read_chunk, 4_KiB, 1_GiB, Reload::no, "Bytes per
//       disk read of a mover."), setting("pool.verify", &PoolConfig::verify, Reload::yes, "Compare
//       checksums after a write.")};
//
// app makes one Section of each pair. Loader, manual, show and reload walk the sections; the module
// receives its struct by value, and nobody reads a setting by its name. Types: bool, integers,
// Bytes, Duration, std::string, Endpoint, std::vector<std::string> and every enum with a function
// names_of(E) in its namespace.
#pragma once

#include "base/endpoint.h"
#include "base/result.h"
#include "base/units.h"

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace sluice {

// May the value change while the program runs (on SIGHUP)?
enum class Reload : bool { no, yes };

// One word of an enum: `constexpr std::array<EnumName<Color>, 2> names_of(Color) { return
// {{{Color::red, "red"}, ...}}; }`.
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};

template <class T>
concept BoundedSetting = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, Bytes> ||
                         std::same_as<T, Duration>;

template <class T>
struct Range {
  T lo{};
  T hi{};
};
struct NoRange {};
template <class T>
using RangeOf = std::conditional_t<BoundedSetting<T>, Range<T>, NoRange>;

// A rule that bounds cannot express; its error says what is wrong with the value.
template <class T>
using SettingCheck = Status (*)(const T&);

template <class Config, class T>
struct Setting {
  std::string_view key;  // with the name of its table: "pool.read_chunk"
  T Config::* member;
  RangeOf<T> range;
  Reload reload;
  std::string_view manual;  // whole sentences
  SettingCheck<T> check;
};

template <class Config, BoundedSetting T>
constexpr Setting<Config, T> setting(std::string_view key, T Config::* member,
                                     std::type_identity_t<T> lo, std::type_identity_t<T> hi,
                                     Reload reload, std::string_view manual,
                                     SettingCheck<std::type_identity_t<T>> check = nullptr) {
  return {key, member, {lo, hi}, reload, manual, check};
}

template <class Config, class T>
  requires(!BoundedSetting<T>)
constexpr Setting<Config, T> setting(std::string_view key, T Config::* member, Reload reload,
                                     std::string_view manual,
                                     SettingCheck<std::type_identity_t<T>> check = nullptr) {
  return {key, member, {}, reload, manual, check};
}

// A value as the file or the command line has it, before anybody knows which type it must have.
struct PlainText {  // from a command line: "5" may be a number, "a,b" a list
  std::string text;
};
struct OtherValue {  // a date, a table in a list ...: what no setting takes
  std::string_view kind;
};
using RawValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>,
                              PlainText, OtherValue>;

struct RawSetting {
  std::string key;
  RawValue value;
  std::string where;  // "sluice.toml:12" or "--listen", for the message
};

// One row with its type erased; it refers to the field of the struct that the section was made
// with.
class SettingRow {
 public:
  SettingRow(std::string_view key, Reload reload, std::string_view manual)
      : key_(key), reload_(reload), manual_(manual) {}
  virtual ~SettingRow() = default;

  std::string_view key() const { return key_; }
  Reload reload() const { return reload_; }
  std::string_view manual() const { return manual_; }
  const std::string& default_value() const { return default_; }

  virtual std::string type() const = 0;   // "size", "duration", "integer", "text" ...
  virtual std::string range() const = 0;  // "4 KiB to 1 GiB", or empty
  virtual std::string value() const = 0;  // as TOML writes it
  virtual Status assign(const RawValue& raw) = 0;
  // `other` is the row of the same setting in another set of sections.
  virtual void copy_from(const SettingRow& other) = 0;

 protected:
  std::string default_;

 private:
  std::string_view key_;
  Reload reload_;
  std::string_view manual_;
};

// The rows of one module over one instance of its struct.
class Section {
 public:
  // `config` holds its defaults now and must outlive the section; `title` heads its part of the
  // manual.
  template <class Config, class... T>
  Section(std::string_view title, Config& config, const std::tuple<Setting<Config, T>...>& rows);

  std::string_view title() const { return title_; }
  std::span<const std::unique_ptr<SettingRow>> rows() const { return rows_; }

 private:
  std::string_view title_;
  std::vector<std::unique_ptr<SettingRow>> rows_;
};

using Sections = std::vector<Section>;

// Assigns every raw setting, later ones over earlier ones. The result is all that is wrong, "WHERE:
// what" each; empty is good.
std::vector<std::string> apply_settings(Sections& sections, std::span<const RawSetting> raw);

// A setting whose value differs between a running program and its file.
struct SettingChange {
  std::string_view key;
  std::string before;
  std::string after;
  Reload reload;  // yes: taken over; no: needs a restart
};

// Takes the reloadable values of `fresh` over into `running` and reports every difference. Both
// were made alike. Passwords in URLs are left out of the report, which is for logs.
std::vector<SettingChange> reload_settings(Sections& running, const Sections& fresh);

// The row of a key, or nullptr.
const SettingRow* find_setting(const Sections& sections, std::string_view key);

// Errc::not_found that names the nearest known key.
tl::unexpected<Error> unknown_setting(const Sections& sections, std::string_view key);

// ---- What follows makes rows of types; nobody else needs it.

template <class T>
class TypedRow final : public SettingRow {
 public:
  template <class Config>
  TypedRow(Config& config, const Setting<Config, T>& row)
      : SettingRow(row.key, row.reload, row.manual),
        target_(&(config.*row.member)),
        range_(row.range),
        check_(row.check) {
    default_ = value();
  }
  std::string type() const override;
  std::string range() const override;
  std::string value() const override;
  Status assign(const RawValue& raw) override;
  void copy_from(const SettingRow& other) override {
    *target_ = *dynamic_cast<const TypedRow&>(other).target_;
  }

 private:
  T* target_;
  RangeOf<T> range_;
  SettingCheck<T> check_;
};

std::string quoted_toml(std::string_view text);
Result<std::string> text_of(const RawValue& raw, std::string_view example);
tl::unexpected<Error> unknown_word(std::string_view word, std::string_view known);

template <class E>
  requires std::is_enum_v<E>
class TypedRow<E> final : public SettingRow {
 public:
  template <class Config>
  TypedRow(Config& config, const Setting<Config, E>& row)
      : SettingRow(row.key, row.reload, row.manual),
        target_(&(config.*row.member)),
        check_(row.check) {
    default_ = value();
  }
  std::string type() const override { return "word"; }
  std::string range() const override {
    std::string all;
    for (const EnumName<E>& name : names_of(E{}))
      all.append(all.empty() ? "" : ", ").append(name.name);
    return all;
  }
  std::string value() const override {
    for (const EnumName<E>& name : names_of(E{})) {
      if (name.value == *target_) return quoted_toml(name.name);
    }
    return quoted_toml("?");
  }
  Status assign(const RawValue& raw) override {
    SLUICE_TRY(std::string word, text_of(raw, range()));
    for (const EnumName<E>& name : names_of(E{})) {
      if (name.name != word) continue;
      if (check_) SLUICE_CHECK(check_(name.value));
      *target_ = name.value;
      return {};
    }
    return unknown_word(word, range());
  }
  void copy_from(const SettingRow& other) override {
    *target_ = *dynamic_cast<const TypedRow&>(other).target_;
  }

 private:
  E* target_;
  SettingCheck<E> check_;
};

template <class Config, class... T>
Section::Section(std::string_view title, Config& config,
                 const std::tuple<Setting<Config, T>...>& rows)
    : title_(title) {
  rows_.reserve(sizeof...(T));
  std::apply(
      [&](const auto&... row) {
        (rows_.push_back(std::make_unique<TypedRow<T>>(config, row)), ...);
      },
      rows);
}

extern template class TypedRow<bool>;
extern template class TypedRow<int>;
extern template class TypedRow<std::int64_t>;
extern template class TypedRow<std::uint16_t>;
extern template class TypedRow<std::uint32_t>;
extern template class TypedRow<std::uint64_t>;
extern template class TypedRow<Bytes>;
extern template class TypedRow<Duration>;
extern template class TypedRow<std::string>;
extern template class TypedRow<std::vector<std::string>>;
extern template class TypedRow<Endpoint>;

}  // namespace sluice
