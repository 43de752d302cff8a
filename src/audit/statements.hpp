#pragma once

#include <optional>
#include <string>

#include "base/id.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::audit::statements {

inline constexpr Statement<void(AuditId, Time, std::string_view, std::string_view, std::optional<UserId>,
                                std::optional<UserId>, std::optional<UserId>, BytesView, Digest)>
    insert_entry{R"sql(
  INSERT INTO audit_log
    (id, occurred_at, action, outcome, actor_id, user_id, key_owner, details_sealed, details_hash)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)sql"};

struct EntryRow {
  AuditId id;
  Time occurred_at;
  std::string action;
  std::string outcome;
  std::optional<UserId> actor;
  std::optional<UserId> user;
  std::optional<UserId> key_owner;
  Bytes details_sealed;
  Digest details_hash;
};

inline constexpr Statement<EntryRow(std::int64_t)> list_entries{R"sql(
  SELECT id, occurred_at, action, outcome, actor_id, user_id, key_owner, details_sealed, details_hash
  FROM audit_log ORDER BY occurred_at DESC, id DESC LIMIT $1
)sql"};

inline constexpr Statement<EntryRow(UserId, std::int64_t)> list_entries_of_user{R"sql(
  SELECT id, occurred_at, action, outcome, actor_id, user_id, key_owner, details_sealed, details_hash
  FROM audit_log WHERE user_id = $1 ORDER BY occurred_at DESC, id DESC LIMIT $2
)sql"};

}  // namespace ostiary::audit::statements
