#pragma once

#include <optional>
#include <string>

#include "base/id.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::audit::statements {

struct EntryRow {
  AuditId id;
  std::int64_t version;
  Time occurred_at;
  std::string action;
  std::string outcome;
  std::string actor_kind;
  std::optional<Uuid> actor_id;
  std::optional<UserId> user;
  std::optional<UserId> key_owner;
  Bytes details_sealed;
  Digest details_hash;
  Digest row_hash;
};

inline constexpr Statement<void(AuditId, std::int64_t, Time, std::string_view, std::string_view, std::string_view,
                                std::optional<Uuid>, std::optional<UserId>, std::optional<UserId>, BytesView, Digest,
                                Digest)>
    insert_entry{R"sql(
  INSERT INTO audit_log
    (id, version, occurred_at, action, outcome, actor_kind, actor_id, user_id, key_owner, details_sealed, details_hash,
     row_hash)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
)sql"};

/// Marks an entry that is not sealed yet.
inline constexpr Statement<void(AuditId)> insert_unsealed{R"sql(
  INSERT INTO audit_unsealed (audit_id) VALUES ($1)
)sql"};

inline constexpr Statement<EntryRow(std::int64_t)> list_entries{R"sql(
  SELECT id, version, occurred_at, action, outcome, actor_kind, actor_id, user_id, key_owner, details_sealed,
         details_hash, row_hash
  FROM audit_log ORDER BY occurred_at DESC, id DESC LIMIT $1
)sql"};

inline constexpr Statement<EntryRow(UserId, std::int64_t)> list_entries_of_user{R"sql(
  SELECT id, version, occurred_at, action, outcome, actor_kind, actor_id, user_id, key_owner, details_sealed,
         details_hash, row_hash
  FROM audit_log WHERE user_id = $1 ORDER BY occurred_at DESC, id DESC LIMIT $2
)sql"};

}  // namespace ostiary::audit::statements
