#include "manage.hpp"

#include <boost/json.hpp>
#include <iostream>

#include "assembly.hpp"
#include "base/encoding.hpp"
#include "server/openapi.hpp"

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

}  // namespace

cli::ExitStatus migrate(const Config& config, Log& log, const cli::Migrate& command) {
  const SystemClock clock;
  Storage storage(config, Storage::Use::command, log);
  storage::Migrator migrator(storage.db());
  const auto migrations = command.dry_run ? migrator.pending() : migrator.migrate(clock);
  if (command.json) {
    json::object document{{"applied", json::array{}}, {"pending", json::array{}}};
    document[command.dry_run ? "pending" : "applied"] = as_json(migrations);
    std::cout << document << '\n';
    return cli::done;
  }
  for (const auto& migration : migrations) {
    std::cout << (command.dry_run ? "would apply " : "applied ") << migration.name << '\n';
  }
  if (migrations.empty()) std::cout << "nothing to do: the schema is current\n";
  return cli::done;
}

cli::ExitStatus show_migrations(const Config& config, Log& log, const cli::ShowMigrations& command) {
  Storage storage(config, Storage::Use::command, log);
  storage::Migrator migrator(storage.db());
  const auto applied = migrator.applied();
  const auto pending = migrator.pending();
  if (command.json) {
    std::cout << json::object{{"applied", as_json(applied)}, {"pending", as_json(pending)}} << '\n';
    return cli::done;
  }
  for (const auto& migration : applied) {
    std::cout << migration.name << "  applied " << to_rfc3339(migration.applied_at) << '\n';
  }
  for (const auto& migration : pending) std::cout << migration.name << "  pending\n";
  return cli::done;
}

cli::ExitStatus describe_api(const Config& config, const cli::DescribeApi& command) {
  const auto description = server::describe(openapi_facts(config));
  std::cout << (command.yaml ? description.yaml : description.json);
  if (!command.yaml) std::cout << '\n';
  return cli::done;
}

}  // namespace ostiary
