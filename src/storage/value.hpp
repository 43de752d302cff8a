#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace ostiary {

/// The column types that every engine supports, by their names in the migrations.
enum class ColumnType { boolean, bigint, text, bytea, uuid, timestamptz };

/// A parameter of a statement. Texts and bytes must live until the statement has run.
using Parameter = std::variant<std::monostate, bool, std::int64_t, std::string_view, BytesView, Uuid, Time>;

/// One row of a result, valid until the next one. Columns are numbered from 0.
class RowView {
 public:
  virtual ~RowView() = default;
  virtual bool is_null(int column) const = 0;
  virtual bool get_boolean(int column) const = 0;
  virtual std::int64_t get_bigint(int column) const = 0;
  virtual std::string_view get_text(int column) const = 0;
  virtual BytesView get_bytea(int column) const = 0;
  virtual Uuid get_uuid(int column) const = 0;
  virtual Time get_timestamptz(int column) const = 0;
};

/// How a C++ type is stored: its column type and the conversions. The primary template is for enums, which are stored
/// as their number.
template <class T>
struct Stored {
  static_assert(std::is_enum_v<T>, "this type has no form in the database");
  static constexpr ColumnType type = ColumnType::bigint;
  static Parameter to(T value) { return static_cast<std::int64_t>(value); }
  static T from(const RowView& row, int column) { return static_cast<T>(row.get_bigint(column)); }
};

template <>
struct Stored<bool> {
  static constexpr ColumnType type = ColumnType::boolean;
  static Parameter to(bool value) { return value; }
  static bool from(const RowView& row, int column) { return row.get_boolean(column); }
};

template <>
struct Stored<std::int64_t> {
  static constexpr ColumnType type = ColumnType::bigint;
  static Parameter to(std::int64_t value) { return value; }
  static std::int64_t from(const RowView& row, int column) { return row.get_bigint(column); }
};

template <>
struct Stored<std::string> {
  static constexpr ColumnType type = ColumnType::text;
  static Parameter to(std::string_view value) { return value; }
  static std::string from(const RowView& row, int column) { return std::string(row.get_text(column)); }
};

template <>
struct Stored<std::string_view> {
  static constexpr ColumnType type = ColumnType::text;
  static Parameter to(std::string_view value) { return value; }
};

template <>
struct Stored<Bytes> {
  static constexpr ColumnType type = ColumnType::bytea;
  static Parameter to(BytesView value) { return value; }
  static Bytes from(const RowView& row, int column) { return to_bytes(row.get_bytea(column)); }
};

template <>
struct Stored<BytesView> {
  static constexpr ColumnType type = ColumnType::bytea;
  static Parameter to(BytesView value) { return value; }
};

template <>
struct Stored<Digest> {
  static constexpr ColumnType type = ColumnType::bytea;
  static Parameter to(const Digest& value) { return BytesView(value); }
  static Digest from(const RowView& row, int column);
};

template <>
struct Stored<Time> {
  static constexpr ColumnType type = ColumnType::timestamptz;
  static Parameter to(Time value) { return value; }
  static Time from(const RowView& row, int column) { return row.get_timestamptz(column); }
};

template <class Tag>
struct Stored<Id<Tag>> {
  static constexpr ColumnType type = ColumnType::uuid;
  static Parameter to(const Id<Tag>& value) { return value.uuid; }
  static Id<Tag> from(const RowView& row, int column) { return {row.get_uuid(column)}; }
};

template <>
struct Stored<Uuid> {
  static constexpr ColumnType type = ColumnType::uuid;
  static Parameter to(const Uuid& value) { return value; }
  static Uuid from(const RowView& row, int column) { return row.get_uuid(column); }
};

template <class T>
struct Stored<std::optional<T>> {
  static constexpr ColumnType type = Stored<T>::type;
  static Parameter to(const std::optional<T>& value) { return value ? Stored<T>::to(*value) : Parameter{}; }
  static std::optional<T> from(const RowView& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return Stored<T>::from(row, column);
  }
};

template <class T>
inline constexpr bool is_nullable = false;
template <class T>
inline constexpr bool is_nullable<std::optional<T>> = true;

}  // namespace ostiary
