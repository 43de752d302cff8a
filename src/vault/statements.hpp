#pragma once

#include <optional>
#include <string>

#include "base/id.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::vault::statements {

struct ServerKeyRow {
  KeyId id;
  std::string purpose;
  std::string algorithm;
  Bytes sealed;
  Time not_before;
  std::optional<Time> retired_at;
};

/// A page of at most $1, behind the id $2.
inline constexpr Statement<ServerKeyRow(std::int64_t, KeyId)> list_server_keys{R"sql(
  SELECT id, purpose, algorithm, sealed, not_before, retired_at
  FROM server_keys WHERE id > $2 ORDER BY id LIMIT $1
)sql"};

inline constexpr Statement<void(KeyId, std::string_view, std::string_view, BytesView, std::optional<std::string>, Time)>
    insert_server_key{R"sql(
  INSERT INTO server_keys (id, purpose, algorithm, sealed, public_key, created_at, not_before)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
)sql"};

struct DataKeyRow {
  Bytes wrapped;
};

inline constexpr Statement<DataKeyRow(UserId)> find_data_key{R"sql(
  SELECT wrapped FROM data_keys WHERE owner_id = $1
)sql"};

inline constexpr Statement<void(UserId, BytesView, Time)> insert_data_key{R"sql(
  INSERT INTO data_keys (owner_id, wrapped, created_at) VALUES ($1, $2, $3)
)sql"};

inline constexpr Statement<void(UserId)> delete_data_key{R"sql(
  DELETE FROM data_keys WHERE owner_id = $1
)sql"};

}  // namespace ostiary::vault::statements
