#pragma once

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "storage/migrate.hpp"
#include "storage/statement.hpp"

namespace ostiary::storage::statements {

struct CountRow {
  std::int64_t count;
};

// How many tables there are, ours included; and whether the table of migrations is one of them.
inline constexpr Statement<CountRow()> count_tables_sqlite{
    R"sql(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%')sql",
    Statement<CountRow()>::For::sqlite};
inline constexpr Statement<CountRow()> count_tables_postgres{
    R"sql(SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema())sql",
    Statement<CountRow()>::For::postgres};
inline constexpr Statement<CountRow()> find_migrations_table_sqlite{
    R"sql(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations')sql",
    Statement<CountRow()>::For::sqlite};
inline constexpr Statement<CountRow()> find_migrations_table_postgres{
    R"sql(SELECT count(*) FROM information_schema.tables
          WHERE table_schema = current_schema() AND table_name = 'schema_migrations')sql",
    Statement<CountRow()>::For::postgres};

inline constexpr Statement<AppliedMigration()> list_applied{
    R"sql(SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number)sql"};

inline constexpr Statement<void(std::int64_t, std::string, Digest, Time)> insert_applied{
    R"sql(INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4))sql"};

}  // namespace ostiary::storage::statements
