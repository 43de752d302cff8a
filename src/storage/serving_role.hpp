#pragma once

#include <string>
#include <string_view>

#include "storage/database.hpp"

namespace ostiary::storage {

/// What a role may do with a table of ours.
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

/// The privileges that a server needs on a table and none besides, as GRANT takes them: it only reads the table of
/// migrations, and only reads and adds to the audit log.
std::string_view serving_privileges(std::string_view table);

/// Whether a role may do with a table what a server does, and nothing that the audit log has to be safe from.
bool fits_serving(const TableRights& rights);

/// Refuses, as a StartupError, a role that `grant_serving` would refuse, or that does not exist. Changes nothing, and
/// needs no schema.
void expect_grantable(Database& db, const std::string& role);

/// The role that `db` connects as.
std::string role_of(Database& db);

/// Grants a role what a server needs on every table, and takes from it what it has besides; safe to repeat. Asked as
/// the tables' owner, on PostgreSQL or CockroachDB, of a database whose schema is current. Throws StartupError where
/// the role may act as the tables' owner, whom no grant binds, or may do more than was granted to it.
void grant_serving(Database& db, const std::string& role);

}  // namespace ostiary::storage
