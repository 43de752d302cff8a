#include "storage/postgres_values.hpp"

#include <bit>
#include <cstring>
#include <stdexcept>

namespace ostiary::storage {
namespace {

using namespace std::chrono_literals;

static_assert(std::endian::native == std::endian::little, "PostgreSQL's binary form is big-endian");

/// PostgreSQL counts microseconds from here.
constexpr Time postgres_epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);

std::array<char, 8> to_network(std::int64_t number) {
  return std::bit_cast<std::array<char, 8>>(__builtin_bswap64(static_cast<std::uint64_t>(number)));
}

std::int64_t from_network(std::string_view bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return static_cast<std::int64_t>(__builtin_bswap64(number));
}

struct Encoded {
  const char* value;  ///< nullptr for null
  std::size_t length;
};

/// Gives the bytes of one parameter; a number's are made in `number`, which must stay.
struct Encode {
  std::array<char, 8>& number;

  Encoded operator()(std::monostate) const { return {nullptr, 0}; }
  Encoded operator()(bool value) const {
    number[0] = value ? 1 : 0;
    return {number.data(), 1};
  }
  Encoded operator()(std::int64_t value) const {
    number = to_network(value);
    return {number.data(), number.size()};
  }
  Encoded operator()(std::string_view value) const { return {value.empty() ? "" : value.data(), value.size()}; }
  Encoded operator()(BytesView value) const { return (*this)(as_text(value)); }
  Encoded operator()(const Uuid& value) const {
    return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
  }
  Encoded operator()(Time value) const { return (*this)((value - postgres_epoch).count()); }
};

}  // namespace

Oid oid_of(ColumnType type) {
  switch (type) {
    case ColumnType::boolean: return 16;
    case ColumnType::bigint: return 20;
    case ColumnType::text: return 25;
    case ColumnType::bytea: return 17;
    case ColumnType::uuid: return 2950;
    case ColumnType::timestamptz: return 1184;
  }
  throw std::logic_error("a column type without a number");
}

std::optional<ColumnType> type_of(Oid oid) {
  for (const auto type : {ColumnType::boolean, ColumnType::bigint, ColumnType::text, ColumnType::bytea,
                          ColumnType::uuid, ColumnType::timestamptz}) {
    if (oid_of(type) == oid) return type;
  }
  return std::nullopt;
}

EncodedParameters::EncodedParameters(std::span<const Parameter> parameters)
    : numbers_(parameters.size()), formats_(parameters.size(), 1) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Encoded encoded = std::visit(Encode{numbers_[i]}, parameters[i]);
    values_.push_back(encoded.value);
    lengths_.push_back(static_cast<int>(encoded.length));
  }
}

std::string_view PostgresRow::bytes(int column, ColumnType type) const {
  if (is_null(column) || PQftype(result_, column) != oid_of(type))
    throw std::logic_error(std::string("column ") + PQfname(result_, column) +
                           " holds a value of another type than its row says, or none");
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

bool PostgresRow::get_boolean(int column) const { return bytes(column, ColumnType::boolean)[0] != 0; }

std::int64_t PostgresRow::get_bigint(int column) const { return from_network(bytes(column, ColumnType::bigint)); }

std::string_view PostgresRow::get_text(int column) const { return bytes(column, ColumnType::text); }

BytesView PostgresRow::get_bytea(int column) const { return as_bytes(bytes(column, ColumnType::bytea)); }

Uuid PostgresRow::get_uuid(int column) const {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), bytes(column, ColumnType::uuid).data(), uuid.bytes.size());
  return uuid;
}

Time PostgresRow::get_timestamptz(int column) const {
  return postgres_epoch + Duration(from_network(bytes(column, ColumnType::timestamptz)));
}

}  // namespace ostiary::storage
