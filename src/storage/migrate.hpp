#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "embedded/migrations.hpp"
#include "storage/database.hpp"
#include "storage/schema_lock.hpp"

namespace ostiary::storage {

/// One step of the schema for one engine.
struct Migration {
  std::int64_t number;
  std::string name;  ///< "0001_accounts"
  std::string_view text;
  Digest checksum;  ///< SHA-256 of the text
};

/// A row of the table schema_migrations.
struct AppliedMigration {
  std::int64_t number;
  std::string name;
  Digest checksum;
  Time applied_at;
};

/// The migrations for one engine, numbered 1, 2, 3, ... An engine uses NNNN_name.sqlite.sql or NNNN_name.cockroach.sql
/// if it exists, otherwise NNNN_name.sql. Throws std::logic_error for a malformed name, a missing number, or a number
/// with two names.
std::vector<Migration> migrations_for(Engine engine, std::span<const embedded::File> files);

/// How a schema compares with these migrations.
enum class SchemaState {
  foreign,  ///< it has tables, but none of Ostiary's
  newer,    ///< it has a migration that this program does not know
  changed,  ///< a migration was changed after it was applied, or skipped
  empty,    ///< no table at all
  older,    ///< some migrations are missing
  current,
};

/// Compares the applied migrations (ordered by number) with the known ones. The first state that applies wins.
SchemaState judge_schema(std::span<const Migration> known, std::span<const AppliedMigration> applied,
                         bool has_other_tables);

/// Migrates a database's schema, only forward. Each migration runs in its own transaction, under a lock, and its
/// checksum is stored. `db` and the content of `files` must outlive it.
class Migrator {
 public:
  explicit Migrator(Database& db, std::span<const embedded::File> files = embedded::migrations());

  /// The applied migrations, in order. Changes nothing.
  std::vector<AppliedMigration> applied();

  /// The state of the schema. Changes nothing.
  SchemaState state() const;

  /// What `migrate` would apply. Changes nothing. Throws StartupError for a schema that it cannot migrate.
  std::vector<Migration> pending();

  /// Applies what is missing and returns it. Safe to call from several processes at once: one does it, the others wait
  /// and find it done, or go on where one was killed when its lease runs out (30 s). Throws StartupError as `pending`
  /// does, StorageError when a migration fails; the ones before it stay.
  std::vector<Migration> migrate(const Clock& clock, const OnWait& on_wait = {});

  /// True for a current schema, false for an empty database. Changes nothing. For anything else throws a StartupError
  /// that says what to do.
  bool is_current();

  /// Makes the schema fit to serve. SQLite is migrated; so is an empty database elsewhere, and an older schema with
  /// `migrate_on_start`. Anything else than a current schema is a StartupError that says what to do.
  void prepare_to_serve(bool migrate_on_start, const Clock& clock, const OnWait& on_wait = {});

 private:
  SchemaState check(std::span<const AppliedMigration> applied, bool has_other_tables) const;

  Database& db_;
  std::vector<Migration> known_;
};

}  // namespace ostiary::storage
