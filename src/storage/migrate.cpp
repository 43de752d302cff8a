#include "storage/migrate.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>
#include <tuple>

#include "crypto/digest.hpp"
#include "storage/statements.hpp"

namespace ostiary::storage {
namespace {

constexpr std::string_view create_migrations_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number bigint PRIMARY KEY, name text NOT NULL, "
    "checksum bytea NOT NULL, applied_at timestamptz NOT NULL)";

struct FileName {
  std::int64_t number;
  std::string name;    ///< without the engine and ".sql"
  std::string engine;  ///< "" for every engine
};

FileName parse_name(std::string_view file) {
  const auto malformed = [file] { return std::logic_error("a migration's name is malformed: " + std::string(file)); };
  FileName parsed{};
  if (!file.ends_with(".sql")) throw malformed();
  std::string_view stem = file.substr(0, file.size() - 4);
  if (const auto dot = stem.find('.'); dot != std::string_view::npos) {
    parsed.engine = stem.substr(dot + 1);
    stem = stem.substr(0, dot);
    if (parsed.engine != "sqlite" && parsed.engine != "cockroach") throw malformed();
  }
  const auto [end, error] =
      std::from_chars(stem.data(), stem.data() + std::min<std::size_t>(4, stem.size()), parsed.number);
  if (error != std::errc{} || end != stem.data() + 4 || stem.size() < 6 || stem[4] != '_') throw malformed();
  parsed.name = stem;
  return parsed;
}

std::string_view suffix_of(Engine engine) {
  switch (engine) {
    case Engine::sqlite: return "sqlite";
    case Engine::cockroach: return "cockroach";
    case Engine::postgres: break;
  }
  return "";
}

std::vector<AppliedMigration> read_applied(Transaction& tx, Engine engine) {
  const auto& find =
      engine == Engine::sqlite ? statements::find_migrations_table_sqlite : statements::find_migrations_table_postgres;
  if (tx.one(find).count == 0) return {};
  return tx.all(statements::list_applied);
}

bool has_tables(Transaction& tx, Engine engine) {
  const auto& count = engine == Engine::sqlite ? statements::count_tables_sqlite : statements::count_tables_postgres;
  return tx.one(count).count > 0;
}

}  // namespace

std::vector<Migration> migrations_for(Engine engine, std::span<const embedded::File> files) {
  std::map<std::int64_t, Migration> chosen;
  std::map<std::int64_t, std::string> names;
  for (const embedded::File& file : files) {
    const FileName name = parse_name(file.name);
    const auto [known, is_new] = names.try_emplace(name.number, name.name);
    if (known->second != name.name) throw std::logic_error("two migrations have the number of " + name.name);
    if (!name.engine.empty() && name.engine != suffix_of(engine)) continue;
    if (name.engine.empty() && chosen.contains(name.number)) continue;  // the twin came first
    chosen[name.number] = {name.number, name.name, file.content, crypto::sha256(as_bytes(file.content))};
  }
  std::vector<Migration> migrations;
  for (const auto& [number, name] : names) {
    const auto found = chosen.find(number);
    if (found == chosen.end() || number != static_cast<std::int64_t>(migrations.size()) + 1)
      throw std::logic_error("before or at migration " + name + " a number has no text for this engine");
    migrations.push_back(found->second);
  }
  return migrations;
}

SchemaState judge_schema(std::span<const Migration> known, std::span<const AppliedMigration> applied,
                         bool has_other_tables) {
  if (applied.empty()) return has_other_tables ? SchemaState::foreign : SchemaState::empty;
  if (applied.back().number > static_cast<std::int64_t>(known.size())) return SchemaState::newer;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& is = applied[i];
    const auto& should_be = known[i];
    if (std::tie(is.number, is.checksum) != std::tie(should_be.number, should_be.checksum)) return SchemaState::changed;
  }
  return applied.size() < known.size() ? SchemaState::older : SchemaState::current;
}

Migrator::Migrator(Database& db, std::span<const embedded::File> files)
    : db_(db), known_(migrations_for(db.engine(), files)) {}

std::vector<AppliedMigration> Migrator::applied() {
  return *db_.read(
      [&](Transaction& tx) -> Result<std::vector<AppliedMigration>> { return read_applied(tx, db_.engine()); });
}

SchemaState Migrator::check(std::span<const AppliedMigration> applied, bool has_other_tables) const {
  const SchemaState state = judge_schema(known_, applied, has_other_tables);
  switch (state) {
    case SchemaState::foreign:
      throw StartupError("the database holds tables that are not Ostiary's; give it an empty one");
    case SchemaState::newer:
      throw StartupError("the database was written by a newer version of Ostiary (migration " + applied.back().name +
                         "; this one knows " + std::to_string(known_.size()) + ")");
    case SchemaState::changed:
      throw StartupError("the database's migrations are not this program's: one was changed after it was applied");
    case SchemaState::empty:
    case SchemaState::older:
    case SchemaState::current: break;
  }
  return state;
}

SchemaState Migrator::state() const {
  return *db_.read([&](Transaction& tx) -> Result<SchemaState> {
    const auto rows = read_applied(tx, db_.engine());
    return judge_schema(known_, rows, rows.empty() && has_tables(tx, db_.engine()));
  });
}

std::vector<Migration> Migrator::pending() {
  const auto [rows, others] = *db_.read([&](Transaction& tx) -> Result<std::pair<std::vector<AppliedMigration>, bool>> {
    return std::pair(read_applied(tx, db_.engine()), has_tables(tx, db_.engine()));
  });
  check(rows, others);
  return {known_.begin() + static_cast<std::ptrdiff_t>(rows.size()), known_.end()};
}

std::vector<Migration> Migrator::migrate(const Clock& clock, const OnWait& on_wait) {
  if (pending().empty()) return {};  // and throws before anything is made in a database that is somebody else's
  const SchemaLock lock(db_, clock, schema_lease_length / 3, on_wait);
  std::vector<Migration> done;
  const auto apply_next = [&](Connection& connection) {
    Transaction tx(connection);
    const auto rows = read_applied(tx, db_.engine());
    const SchemaState state = check(rows, has_tables(tx, db_.engine()));
    if (state == SchemaState::current) return false;
    const Migration& next = known_[rows.size()];
    if (state == SchemaState::empty) connection.run_script(create_migrations_table);
    connection.run_script(next.text);
    tx.execute(statements::insert_applied, next.number, next.name, next.checksum, clock.now());
    if (done.empty() || done.back().number != next.number) done.push_back(next);  // a retry does not count twice
    return true;
  };
  while (db_.change_schema(apply_next)) {
  }
  return done;
}

bool Migrator::is_current() {
  const auto missing = pending();
  if (missing.size() == known_.size()) return false;
  if (!missing.empty()) throw StartupError("the database's schema is older than this program: run `ostiary migrate`");
  return true;
}

void Migrator::prepare_to_serve(bool migrate_on_start, const Clock& clock, const OnWait& on_wait) {
  const auto missing = pending();
  if (missing.empty()) return;
  if (db_.engine() != Engine::sqlite && missing.size() < known_.size() && !migrate_on_start)
    throw StartupError(
        "the database's schema is older than this program: run `ostiary migrate`, or set MIGRATE_ON_START=on");
  migrate(clock, on_wait);
}

}  // namespace ostiary::storage
