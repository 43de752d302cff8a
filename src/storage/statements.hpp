#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "storage/migrate.hpp"
#include "storage/schema_lock.hpp"
#include "storage/serving_role.hpp"
#include "storage/statement.hpp"

namespace ostiary::storage::statements {

struct CountRow {
  std::int64_t count;
};

// How many tables there are, ours included, but not `schema_lock`, which stands before the first migration; and whether
// the table of migrations is one of them. On PostgreSQL also those that the role has no rights on, which
// information_schema leaves out.
inline constexpr Statement<CountRow()> count_tables_sqlite{
    R"sql(SELECT count(*) FROM sqlite_master
          WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_lock')sql",
    Statement<CountRow()>::For::sqlite};
inline constexpr Statement<CountRow()> count_tables_postgres{
    R"sql(SELECT count(*) FROM pg_class
          WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND relname <> 'schema_lock')sql",
    Statement<CountRow()>::For::postgres};
inline constexpr Statement<CountRow()> find_migrations_table_sqlite{
    R"sql(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations')sql",
    Statement<CountRow()>::For::sqlite};
inline constexpr Statement<CountRow()> find_migrations_table_postgres{
    R"sql(SELECT count(*) FROM pg_class
          WHERE relnamespace = current_schema()::regnamespace AND relname = 'schema_migrations')sql",
    Statement<CountRow()>::For::postgres};

struct PostgresConditionRow {
  std::int64_t version;  ///< 150004
  bool is_replica;
  std::string fsync;
  std::string synchronous_commit;
  std::string full_page_writes;
  std::int64_t max_connections;
  std::int64_t reserved_connections;  ///< for superusers
  std::int64_t connections;  ///< open client connections
};
/// The durability settings of a PostgreSQL server. CockroachDB has none of them.
inline constexpr Statement<PostgresConditionRow()> ask_postgres_condition{
    R"sql(SELECT current_setting('server_version_num')::bigint AS version, pg_is_in_recovery() AS is_replica,
                 current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
                 current_setting('full_page_writes') AS full_page_writes,
                 current_setting('max_connections')::bigint AS max_connections,
                 current_setting('superuser_reserved_connections')::bigint AS reserved_connections,
                 (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections)sql",
    Statement<PostgresConditionRow()>::For::postgres};

struct PostgresRightsRow {
  bool may_create;  ///< tables
  std::string lacking;  ///< tables without the right to read or insert
  bool is_read_only;
};
/// The role's rights in the schema of the tables. Only `ostiary migrate` writes the table of migrations and uses the
/// table of its lock.
inline constexpr Statement<PostgresRightsRow()> ask_postgres_rights{
    R"sql(SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
                 (SELECT coalesce(string_agg(t.relname::text, ', ' ORDER BY t.relname), '')
                  FROM pg_class t
                  WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
                    AND t.relname <> 'schema_lock'
                    AND NOT (has_table_privilege(t.oid, 'SELECT')
                             AND (t.relname = 'schema_migrations' OR has_table_privilege(t.oid, 'INSERT')))) AS lacking,
                 current_setting('default_transaction_read_only') = 'on' AS is_read_only)sql",
    Statement<PostgresRightsRow()>::For::postgres};

/// A role's rights on Ostiary's tables: those with the same owner as the table of migrations.
inline constexpr Statement<TableRights(std::string)> list_table_rights{
    R"sql(SELECT t.relname::text AS table_name, has_schema_privilege(r.name, t.relnamespace, 'USAGE') AS may_use_schema,
                 has_table_privilege(r.name, t.oid, 'SELECT') AS may_select,
                 has_table_privilege(r.name, t.oid, 'INSERT') AS may_insert,
                 has_table_privilege(r.name, t.oid, 'UPDATE') AS may_update,
                 has_table_privilege(r.name, t.oid, 'DELETE') AS may_delete,
                 has_table_privilege(r.name, t.oid, 'TRUNCATE') AS may_truncate,
                 pg_has_role(r.name, t.relowner, 'MEMBER') AS may_act_as_owner
          FROM (SELECT CAST(CAST($1 AS text) AS name) AS name) AS r
            CROSS JOIN pg_class m JOIN pg_class t ON t.relowner = m.relowner AND t.relnamespace = m.relnamespace
          WHERE m.relname = 'schema_migrations' AND m.relnamespace = current_schema()::regnamespace
            AND t.relkind IN ('r', 'p')
          ORDER BY t.relname LIMIT 1000)sql",
    Statement<TableRights(std::string)>::For::postgres};

struct ServingRoleRow {
  bool may_act_as_us;  ///< is the role that we connect as, a member of it, or a superuser
};
inline constexpr Statement<ServingRoleRow(std::string)> find_serving_role{
    R"sql(SELECT pg_has_role(r.oid, current_user, 'MEMBER') AS may_act_as_us FROM pg_roles r WHERE r.rolname = $1)sql",
    Statement<ServingRoleRow(std::string)>::For::postgres};

struct RoleNameRow {
  std::string name;
};
/// The role that we connect as.
inline constexpr Statement<RoleNameRow()> ask_role{R"sql(SELECT current_user::text AS name)sql",
                                                   Statement<RoleNameRow()>::For::postgres};

struct ReadOnlyRow {
  bool is_read_only;
};
/// Of a transaction that could write: on a replica, and where default_transaction_read_only says so.
inline constexpr Statement<ReadOnlyRow()> ask_read_only{
    R"sql(SELECT current_setting('transaction_read_only') = 'on' AS is_read_only)sql",
    Statement<ReadOnlyRow()>::For::postgres};

struct SchemaRow {
  std::string name;
};
inline constexpr Statement<SchemaRow()> ask_schema{R"sql(SELECT current_schema()::text AS name)sql",
                                                   Statement<SchemaRow()>::For::postgres};

struct TimeRow {
  Time now;
};
/// The database's current time, not the transaction's start.
inline constexpr Statement<TimeRow()> ask_time{R"sql(SELECT clock_timestamp() AS now)sql",
                                               Statement<TimeRow()>::For::postgres};

struct JournalRow {
  bool is_write_ahead_log;
};
inline constexpr Statement<JournalRow()> ask_journal_mode{
    R"sql(SELECT journal_mode = 'wal' FROM pragma_journal_mode)sql", Statement<JournalRow()>::For::sqlite};

inline constexpr Statement<AppliedMigration()> list_applied{
    R"sql(SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number)sql"};

inline constexpr Statement<void(std::int64_t, std::string, Digest, Time)> insert_applied{
    R"sql(INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4))sql"};

inline constexpr Statement<SchemaLease()> find_schema_lease{
    R"sql(SELECT owner, holder, leased_until FROM schema_lock WHERE id = 1)sql"};

inline constexpr Statement<void(Uuid, std::string, Time)> take_schema_lock{
    R"sql(INSERT INTO schema_lock (id, owner, holder, leased_until) VALUES (1, $1, $2, $3)
          ON CONFLICT (id) DO UPDATE
          SET owner = excluded.owner, holder = excluded.holder, leased_until = excluded.leased_until)sql"};

inline constexpr Statement<void(Uuid, Time)> renew_schema_lock{
    R"sql(UPDATE schema_lock SET leased_until = $2 WHERE id = 1 AND owner = $1)sql"};

inline constexpr Statement<void(Uuid)> release_schema_lock{
    R"sql(DELETE FROM schema_lock WHERE id = 1 AND owner = $1)sql"};

}  // namespace ostiary::storage::statements
