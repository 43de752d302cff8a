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
  KeyId wrapping_key_id;
  Time not_before;
  std::optional<Time> retired_at;
};

/// A page of at most $1 rows after the id $2.
inline constexpr Statement<ServerKeyRow(std::int64_t, KeyId)> list_server_keys{R"sql(
  SELECT id, purpose, algorithm, sealed, wrapping_key_id, not_before, retired_at
  FROM server_keys WHERE id > $2 ORDER BY id LIMIT $1
)sql"};

inline constexpr Statement<void(KeyId, std::string_view, std::string_view, BytesView, KeyId, std::optional<std::string>,
                                Time, Time)>
    insert_server_key{R"sql(
  INSERT INTO server_keys (id, purpose, algorithm, sealed, wrapping_key_id, public_key, created_at, not_before)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

inline constexpr Statement<void(KeyId, Time)> retire_server_key{R"sql(
  UPDATE server_keys SET retired_at = $2 WHERE id = $1
)sql"};

inline constexpr Statement<void(KeyId, Time)> put_server_key_in_force{R"sql(
  UPDATE server_keys SET not_before = $2 WHERE id = $1
)sql"};

struct DataKeyRow {
  Bytes wrapped;
  KeyId wrapping_key_id;
};

inline constexpr Statement<DataKeyRow(UserId, std::string_view)> find_data_key{R"sql(
  SELECT wrapped, wrapping_key_id FROM data_keys WHERE owner_id = $1 AND scope = $2
)sql"};

inline constexpr Statement<void(UserId, std::string_view, BytesView, KeyId, Time)> insert_data_key{R"sql(
  INSERT INTO data_keys (owner_id, scope, wrapped, wrapping_key_id, created_at) VALUES ($1, $2, $3, $4, $5)
)sql"};

inline constexpr Statement<void(UserId, std::string_view)> delete_data_key{R"sql(
  DELETE FROM data_keys WHERE owner_id = $1 AND scope = $2
)sql"};

}  // namespace ostiary::vault::statements
