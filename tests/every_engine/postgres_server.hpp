#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "temporary_folder.hpp"

namespace ostiary::testing {

/// A PostgreSQL server of this test program's own, in a temporary folder, reached by a Unix socket only. It is started
/// when a test first asks for it and ends with the program, however that ends. Run by root it runs as user postgres.
class PostgresServer {
 public:
  /// Debian's: 15 on Debian 12, 17 on Debian 13.
  static PostgresServer& debian();
  /// A newer one, from the npm package that package.json names.
  static PostgresServer& newer();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// Makes an empty database, or a copy of a migrated one, and gives its connection string.
  std::string make_database(bool migrated);

  /// Runs one statement as an administrator; gives the first value of its result as text, "" for none.
  std::string administer(const std::string& sql) const;

  /// Kills the server as a power cut would, and starts it again.
  void crash_and_restart();

 private:
  explicit PostgresServer(std::filesystem::path programs);
  std::string conninfo(const std::string& database) const;
  void start();
  void await() const;

  TemporaryFolder folder_;
  std::filesystem::path programs_;
  pid_t process_ = -1;
  int databases_ = 0;
  bool has_template_ = false;
};

}  // namespace ostiary::testing
