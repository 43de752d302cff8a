#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "storage/database.hpp"
#include "storage/schema_lock.hpp"

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

/// Refuses, as a StartupError, a role that `grant_serving` would refuse, or that does not exist. Changes nothing, and
/// needs no schema.
void expect_grantable(Database& db, const std::string& role);

/// The role that `db` connects as.
std::string role_of(Database& db);

/// Grants a role what a server needs on every table, and takes from it what it has besides; safe to repeat. Asked as
/// the tables' owner, on PostgreSQL or CockroachDB, of a database whose schema is current. Throws StartupError where
/// the role may act as the tables' owner, whom no grant binds, or may do more than was granted to it. Works under a
/// SchemaLock, because PostgreSQL fails concurrent grants on one table.
void grant_serving(Database& db, const std::string& role, const Clock& clock, const OnWait& on_wait = {});

}  // namespace ostiary::storage
