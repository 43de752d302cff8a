#pragma once

#include <libpq-fe.h>

#include <optional>
#include <span>
#include <vector>

#include "storage/value.hpp"

namespace ostiary::storage {

/// The type's number in PostgreSQL's catalogue (pg_type.dat), which is the same in all versions.
Oid oid_of(ColumnType type);
std::optional<ColumnType> type_of(Oid oid);

/// Parameters in PostgreSQL's binary form. Texts and bytes are borrowed.
class EncodedParameters {
 public:
  explicit EncodedParameters(std::span<const Parameter> parameters);

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<std::array<char, 8>> numbers_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// A row of a binary result. A value of another type than requested is a bug in the statement's row type.
class PostgresRow final : public RowView {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  bool get_boolean(int column) const override;
  std::int64_t get_bigint(int column) const override;
  std::string_view get_text(int column) const override;
  BytesView get_bytea(int column) const override;
  Uuid get_uuid(int column) const override;
  Time get_timestamptz(int column) const override;

 private:
  /// The value's bytes, after checking that it is present and has this type.
  std::string_view bytes(int column, ColumnType type) const;

  const PGresult* result_;
  int row_;
};

}  // namespace ostiary::storage
