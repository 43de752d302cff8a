#include "manage.hpp"

#include <boost/json.hpp>
#include <iostream>

#include "accounts/renew_skeletons.hpp"
#include "assembly.hpp"
#include "base/encoding.hpp"
#include "cli/table.hpp"
#include "pages/openapi.hpp"
#include "storage/serving_role.hpp"

namespace ostiary {

namespace {

namespace json = boost::json;

json::object as_json(const storage::Migration& migration) {
  return {{"number", migration.number}, {"name", migration.name}};
}

json::object as_json(const storage::AppliedMigration& migration) {
  return {{"number", migration.number}, {"name", migration.name}, {"applied_at", to_rfc3339(migration.applied_at)}};
}

template <class Migration>
json::array as_json(const std::vector<Migration>& migrations) {
  json::array array;
  for (const auto& migration : migrations) array.push_back(as_json(migration));
  return array;
}

/// Whether there is a role to grant anything to.
bool grants_serving(const Config& config) {
  return config.postgres_conninfo() && !config.database_serving_role->empty();
}

/// What was done to the schema, and what is missing. Changes nothing.
struct SchemaHistory {
  explicit SchemaHistory(const Config& config) {
    const auto db = look_at_database(config);
    if (!db) {
      pending = storage::migrations_for(Engine::sqlite, embedded::migrations());
      return;
    }
    storage::Migrator migrator(*db);
    applied = migrator.applied();
    pending = migrator.pending();
  }

  std::vector<storage::AppliedMigration> applied;
  std::vector<storage::Migration> pending;
};

std::vector<storage::Migration> migrate_now(const Config& config, Log& log) {
  Storage storage(config, Storage::Use::founder, log);
  if (grants_serving(config)) storage::expect_grantable(storage.db(), *config.database_serving_role);
  const SystemClock clock;
  const auto on_wait = waits_to_log(clock, log);
  auto applied = storage::Migrator(storage.db()).migrate(clock, on_wait);
  if (grants_serving(config)) storage::grant_serving(storage.db(), *config.database_serving_role, clock, on_wait);
  accounts::renew_skeletons(storage.db());
  return applied;
}

/// What `migrate_now` would apply. Refuses the role that it would refuse.
std::vector<storage::Migration> look_at_migrations(const Config& config) {
  if (grants_serving(config)) storage::expect_grantable(*look_at_database(config), *config.database_serving_role);
  return SchemaHistory(config).pending;
}

}  // namespace

cli::ExitStatus migrate(const Config& config, Log& log, const cli::Migrate& command) {
  const auto migrations = command.dry_run ? look_at_migrations(config) : migrate_now(config, log);
  if (command.json) {
    json::object document{{"applied", json::array{}}, {"pending", json::array{}}};
    document[command.dry_run ? "pending" : "applied"] = as_json(migrations);
    if (grants_serving(config)) document["serving_role"] = *config.database_serving_role;
    std::cout << document << '\n';
    return cli::done;
  }
  for (const auto& migration : migrations) {
    std::cout << (command.dry_run ? "would apply " : "applied ") << migration.name << '\n';
  }
  if (migrations.empty()) std::cout << "nothing to do: the schema is up to date\n";
  if (grants_serving(config)) {
    std::cout << (command.dry_run ? "would grant " : "granted ") << *config.database_serving_role
              << " the rights that a server needs\n";
  }
  return cli::done;
}

cli::ExitStatus show_migrations(const Config& config, const cli::ShowMigrations& command) {
  const auto [applied, pending] = SchemaHistory(config);
  if (command.json) {
    std::cout << json::object{{"applied", as_json(applied)}, {"pending", as_json(pending)}} << '\n';
    return cli::done;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& migration : applied) rows.push_back({migration.name, "applied", to_rfc3339(migration.applied_at)});
  for (const auto& migration : pending) rows.push_back({migration.name, "pending", ""});
  std::cout << cli::table({"MIGRATION", "STATE", "APPLIED AT"}, rows);
  return cli::done;
}

cli::ExitStatus describe_api(const Config& config, const cli::DescribeApi& command) {
  const auto description = pages::describe(openapi_facts(config));
  std::cout << (command.yaml ? description.yaml : description.json);
  if (!command.yaml) std::cout << '\n';
  return cli::done;
}

}  // namespace ostiary
