#include "every_engine.hpp"

#include "postgres_server.hpp"
#include "test_database.hpp"

namespace ostiary::testing {
namespace {

PostgresServer& server_of(TestedEngine engine) {
  return engine == TestedEngine::postgres_debian ? PostgresServer::debian() : PostgresServer::newer();
}

}  // namespace

std::string name_of(TestedEngine engine) {
  switch (engine) {
    case TestedEngine::sqlite: return "Sqlite";
    case TestedEngine::postgres_debian: return "PostgresDebian";
    case TestedEngine::postgres_newer: break;
  }
  return "PostgresNewer";
}

EngineDatabase::EngineDatabase(TestedEngine engine, Content content) : engine_(engine) {
  const bool migrated = content == Content::migrated;
  if (!is_sqlite()) conninfo_ = server_of(engine).make_database(migrated);
  if (is_sqlite() && migrated) std::filesystem::copy_file(TestDatabase::migrated_file(), file());
  first_ = open();
}

std::unique_ptr<Database> EngineDatabase::open() const {
  if (is_sqlite()) return open_sqlite({.path = file()});
  return open_postgres({.conninfo = conninfo_});
}

void EngineDatabase::reopen() {
  first_.reset();
  first_ = open();
}

void EngineDatabase::end_connections(Ended which) const {
  const std::string name = conninfo_.substr(conninfo_.rfind('=') + 1);
  const std::string others = which == Ended::all ? "" : " AND application_name NOT LIKE '%witness%'";
  server_of(engine_).administer(
      "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = '" + name + "'" + others);
}

}  // namespace ostiary::testing
