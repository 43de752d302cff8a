#pragma once

#include <filesystem>
#include <memory>

#include "base/time.hpp"
#include "storage/database.hpp"
#include "storage/migrate.hpp"
#include "temporary_folder.hpp"

namespace ostiary::testing {

/// A migrated SQLite database of its own in a temporary folder, for unit tests: `TestDatabase db;
/// db->transaction(...)`, `Deps{*db}`. Quick: only the first one of a test program runs the migrations, the others are
/// copies.
class TestDatabase {
 public:
  TestDatabase() {
    std::filesystem::copy_file(migrated_file(), file());
    open();
  }

  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }
  operator Database&() const { return *database_; }  // NOLINT: stands for the database in a call

  std::filesystem::path file() const { return folder_.path() / "ostiary.db"; }

  /// Closes and opens it again, as a restart would.
  void reopen() {
    database_.reset();
    open();
  }

  /// A database file that is migrated and closed, to be copied.
  static std::filesystem::path migrated_file() {
    static const TemporaryFolder folder;
    static const std::filesystem::path path = [] {
      auto path = folder.path() / "template.db";
      const auto database = open_sqlite({.path = path});
      storage::Migrator(*database).migrate(SystemClock());
      return path;
    }();
    return path;
  }

 private:
  void open() { database_ = open_sqlite({.path = file()}); }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace ostiary::testing
