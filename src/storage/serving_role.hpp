#pragma once

#include <string>
#include <string_view>

#include "storage/database.hpp"

namespace ostiary::storage {

/// The rights of a role on one of Ostiary's tables.
struct TableRights {
  std::string table;
  bool may_use_schema;
  bool may_select;
  bool may_insert;
  bool may_update;
  bool may_delete;
  bool may_truncate;
  bool may_act_as_owner;  ///< is the owner, a member of the owner's role, or a superuser
};

/// The exact privileges that a server needs on a table, for GRANT. It only reads the table of migrations, and only
/// reads and appends to the audit log.
std::string_view serving_privileges(std::string_view table);

/// Whether a role has the rights on a table that a server needs, and none that endangers the audit log.
bool fits_serving(const TableRights& rights);

/// Grants a role what a server needs on every table, and revokes all other rights. Idempotent. Call it as the tables'
/// owner, on PostgreSQL or CockroachDB, with a current schema. Throws StartupError if the role can act as the owner,
/// whom grants do not restrict, or has more rights than were granted.
void grant_serving(Database& db, const std::string& role);

}  // namespace ostiary::storage
