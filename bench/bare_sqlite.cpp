#include "bare_sqlite.hpp"

#include <stdexcept>

namespace ostiary::bench {
namespace {

/// Binds a parameter; texts and bytes are borrowed.
struct Bind {
  sqlite3_stmt* statement;
  int position;

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
  int operator()(bool value) const { return sqlite3_bind_int(statement, position, value ? 1 : 0); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, position, value); }
  int operator()(std::string_view value) const {
    return sqlite3_bind_text64(statement, position, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(BytesView value) const {
    return sqlite3_bind_blob64(statement, position, value.data(), value.size(), SQLITE_STATIC);
  }
  int operator()(const Uuid& value) const {
    return sqlite3_bind_blob(statement, position, value.bytes.data(), 16, SQLITE_STATIC);
  }
  int operator()(Time value) const { return sqlite3_bind_int64(statement, position, value.time_since_epoch().count()); }
};

}  // namespace

BareSqlite::BareSqlite(const std::filesystem::path& file) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail();
}

void BareSqlite::fail() const { throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(database_.get())); }

void BareSqlite::script(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void BareSqlite::run(std::string_view sql, std::span<const Parameter> parameters) {
  auto& statement = statements_[sql.data()];
  if (!statement) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &prepared, nullptr) != SQLITE_OK)
      fail();
    statement.reset(prepared);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = "$" + std::to_string(i + 1);
    const int position = sqlite3_bind_parameter_index(statement.get(), name.c_str());
    if (position == 0 || std::visit(Bind{statement.get(), position}, parameters[i]) != SQLITE_OK) fail();
  }
  int code = sqlite3_step(statement.get());
  while (code == SQLITE_ROW) code = sqlite3_step(statement.get());
  sqlite3_reset(statement.get());
  if (code != SQLITE_DONE) fail();
}

}  // namespace ostiary::bench
