#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "storage/value.hpp"

namespace ostiary::bench {

/// One connection of SQLite's own interface with its prepared statements. Throws std::runtime_error for any error.
class BareSqlite {
 public:
  explicit BareSqlite(const std::filesystem::path& file);

  void script(const char* sql);
  /// Runs a statement to its end. Prepared once, found again by the text's address. Parameters are $1, $2, ...
  void run(std::string_view sql, std::span<const Parameter> parameters);
  /// Drops the prepared statements: before their texts go.
  void forget() { statements_.clear(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  [[noreturn]] void fail() const;

  std::unique_ptr<sqlite3, Close> database_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Close>> statements_;
};

}  // namespace ostiary::bench
