#pragma once

#include <functional>
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

/// One step of the schema, as one engine takes it.
struct Migration {
  std::int64_t number;
  std::string name;  ///< "0001_accounts"
  std::string_view text;
  Digest checksum;  ///< SHA-256 of the text
};

/// What the schema_migrations table keeps of one that was applied.
struct AppliedMigration {
  std::int64_t number;
  std::string name;
  Digest checksum;
  Time applied_at;
};

/// The migrations for one engine, numbered 1, 2, 3, ...: of the files NNNN_name.sql, NNNN_name.sqlite.sql and
/// NNNN_name.cockroach.sql its twin where there is one, else the text for every engine. Throws std::logic_error when a
/// name has another form or a number is missing or stands for two names.
std::vector<Migration> migrations_for(Engine engine, std::span<const embedded::File> files);

/// Whether a schema is what these migrations make.
enum class SchemaState {
  foreign,  ///< tables, but none of ours
  newer,    ///< holds a migration that this program does not know
  changed,  ///< one was changed after it was applied, or left out
  empty,    ///< no table at all
  older,    ///< some are missing
  current,
};

/// Judges what was applied (ordered by number) against what is known. The first state that holds wins.
SchemaState judge_schema(std::span<const Migration> known, std::span<const AppliedMigration> applied,
                         bool has_other_tables);

/// Brings a database's schema forward, and only forward: each migration in a transaction of its own, under a lock, its
/// checksum kept. `db` and what `files` holds must outlive it.
class Migrator {
 public:
  using OnWait = std::function<void(const SchemaLease&)>;

  explicit Migrator(Database& db, std::span<const embedded::File> files = embedded::migrations());

  /// What was applied, in order. Changes nothing.
  std::vector<AppliedMigration> applied();

  /// What the schema is to this program. Changes nothing.
  SchemaState state() const;

  /// What `migrate` would apply. Changes nothing. Throws StartupError for a schema that it can't bring forward.
  std::vector<Migration> pending();

  /// Applies what is missing and returns it. Safe to call from several processes at once: one does it, the others wait
  /// and find it done, or go on where one was killed when its lease runs out (30 s). Throws StartupError as `pending`
  /// does, StorageError when a migration fails; the ones before it stay.
  /// `on_wait` is told once of whoever has the lease.
  std::vector<Migration> migrate(const Clock& clock, const OnWait& on_wait = {});

  /// What a command works on: a current schema, or (false) none at all yet. Changes nothing. Anything else is a
  /// StartupError that says what to do.
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
