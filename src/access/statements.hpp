#pragma once

#include <string>

#include "base/id.hpp"
#include "storage/statement.hpp"

namespace ostiary::access::statements {

struct RoleRow {
  RoleId id;
};
inline constexpr Statement<RoleRow(std::string)> find_role{R"sql(
  SELECT id FROM roles WHERE name = $1
)sql"};

inline constexpr Statement<void(RoleId, std::string)> insert_role{R"sql(
  INSERT INTO roles (id, name) VALUES ($1, $2)
)sql"};

inline constexpr Statement<void(UserId, RoleId)> grant_role{R"sql(
  INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2) ON CONFLICT (user_id, role_id) DO NOTHING
)sql"};

inline constexpr Statement<void(UserId, RoleId)> remove_role{R"sql(
  DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2
)sql"};

struct VersionRow {
  std::int64_t version;
};
inline constexpr Statement<VersionRow(UserId, Time)> touch_user{R"sql(
  UPDATE users SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version
)sql"};

}  // namespace ostiary::access::statements
