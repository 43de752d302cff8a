#include <fcntl.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "storage/database.hpp"
#include "storage/fifo_pool.hpp"
#include "storage/look.hpp"
#include "storage/retry.hpp"

namespace ostiary {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 50ms;
constexpr std::uint64_t least_free_bytes = 1024 * 1024;  ///< less is as good as none

[[noreturn]] void fail(sqlite3* database, const std::string& doing) {
  const int code = sqlite3_extended_errcode(database);
  const std::string message = "SQLite, " + doing + ": " + sqlite3_errmsg(database);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY: throw UniqueViolation(message);
    default:
      if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) throw SerializationFailure(message);
      throw StorageError(message);
  }
}

/// A row that a statement stands on. A value that is not of the asked type is a bug of the statement's row.
class SqliteRow final : public RowView {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  bool get_boolean(int column) const override { return get_bigint(column) != 0; }
  std::int64_t get_bigint(int column) const override {
    expect(column, SQLITE_INTEGER);
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view get_text(int column) const override {
    expect(column, SQLITE_TEXT);
    return {reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)), size(column)};
  }
  BytesView get_bytea(int column) const override {
    expect(column, SQLITE_BLOB);
    return {static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column)), size(column)};
  }
  Uuid get_uuid(int column) const override {
    const BytesView bytes = get_bytea(column);
    Uuid uuid;
    if (bytes.size() != uuid.bytes.size()) throw std::logic_error("a stored UUID has not 16 bytes");
    std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
    return uuid;
  }
  Time get_timestamptz(int column) const override { return Time(Duration(get_bigint(column))); }

 private:
  void expect(int column, int type) const {
    if (sqlite3_column_type(statement_, column) == type) return;
    throw std::logic_error(std::string("column ") + sqlite3_column_name(statement_, column) +
                           " holds a value of another type than its row says, or none");
  }
  std::size_t size(int column) const { return static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)); }

  sqlite3_stmt* statement_;
};

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalize>;

/// The text without its row locks: SQLite knows none, and with one writer it needs none.
std::string without_row_locks(std::string_view text) {
  static constexpr std::string_view lock = "FOR UPDATE SKIP LOCKED";
  std::string plain(text);
  if (const auto position = plain.find(lock); position != std::string::npos) plain.erase(position, lock.size());
  return plain;
}

struct Prepared {
  StatementHandle handle;
  std::vector<int> positions;  ///< of $1, $2, ...: SQLite numbers parameters by first appearance
};

/// Puts a statement back to its beginning, so that it holds no lock and no borrowed parameter.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

/// Binds one parameter; the borrowed ones stay with their owner.
struct Bind {
  sqlite3_stmt* statement;
  int position;

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, position); }
  int operator()(bool value) const { return sqlite3_bind_int(statement, position, value ? 1 : 0); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, position, value); }
  int operator()(std::string_view value) const {
    return sqlite3_bind_text64(statement, position, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(BytesView value) const {
    if (value.empty()) return sqlite3_bind_zeroblob(statement, position, 0);
    return sqlite3_bind_blob64(statement, position, value.data(), value.size(), SQLITE_STATIC);
  }
  int operator()(const Uuid& value) const {
    return sqlite3_bind_blob(statement, position, value.bytes.data(), static_cast<int>(value.bytes.size()),
                             SQLITE_STATIC);
  }
  int operator()(Time value) const { return sqlite3_bind_int64(statement, position, value.time_since_epoch().count()); }
};

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const std::filesystem::path& path, std::chrono::milliseconds busy_timeout) {
    sqlite3* database = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) fail(database, "opening " + path.string());
    sqlite3_busy_timeout(database, static_cast<int>(busy_timeout.count()));
    run_script("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL; "
               "PRAGMA temp_store = MEMORY");
  }

  std::int64_t run(std::string_view text, std::span<const ColumnType>, std::span<const Parameter> parameters,
                   const RowSink& sink) override {
    const Prepared& prepared = find(text, parameters.size());
    sqlite3_stmt* statement = prepared.handle.get();
    const Reset reset{statement};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const int code = std::visit(Bind{statement, prepared.positions[i]}, parameters[i]);
      if (code != SQLITE_OK) fail(database_.get(), "binding a parameter");
    }
    const SqliteRow row(statement);
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) sink(row);
    if (code != SQLITE_DONE) fail(database_.get(), "running a statement");
    return sqlite3_stmt_readonly(statement) != 0 ? 0 : sqlite3_changes64(database_.get());
  }

  std::uint64_t send(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
                     RowSink sink) override {
    run(text, types, parameters, sink);
    return 0;
  }

  void await(std::uint64_t) override {}

  void run_script(std::string_view sql) override {
    if (sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      fail(database_.get(), "running a script");
  }

  /// Throws StorageError when another process has kept the file for the whole busy time-out: more tries would not help.
  void begin(bool to_write) {
    try {
      run(to_write ? "BEGIN IMMEDIATE" : "BEGIN", {}, {}, {});
    } catch (const SerializationFailure& busy) {
      throw StorageError(busy.what());
    }
  }
  void commit() { run("COMMIT", {}, {}, {}); }

  /// Some errors have rolled back already.
  void rollback() noexcept {
    if (sqlite3_get_autocommit(database_.get()) == 0)
      sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  /// Whether BEGIN is still in force: some errors have rolled back.
  bool is_in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

  std::int64_t data_version() {
    std::int64_t version = 0;
    run("PRAGMA data_version", {}, {}, [&version](const RowView& row) { version = row.get_bigint(0); });
    return version;
  }

  /// One that is not kept.
  StatementHandle prepare(std::string_view text, unsigned flags) {
    const std::string known = without_row_locks(text);
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(database_.get(), known.data(), static_cast<int>(known.size()), flags, &statement, nullptr);
    if (code != SQLITE_OK) fail(database_.get(), "preparing " + std::string(text));
    return StatementHandle(statement);
  }

  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };

  const Prepared& find(std::string_view text, std::size_t parameters) {
    auto [found, is_new] = prepared_.try_emplace({text.data(), text.size()});
    if (!is_new) return found->second;
    try {
      found->second.handle = prepare(text, SQLITE_PREPARE_PERSISTENT);
      for (std::size_t i = 1; i <= parameters; ++i) {
        const std::string name = "$" + std::to_string(i);
        const int position = sqlite3_bind_parameter_index(found->second.handle.get(), name.c_str());
        if (position == 0) throw std::logic_error("a statement does not use its parameter " + name);
        found->second.positions.push_back(position);
      }
    } catch (...) {
      prepared_.erase(found);
      throw;
    }
    return found->second;
  }

  std::unique_ptr<sqlite3, Close> database_;
  std::map<std::pair<const char*, std::size_t>, Prepared> prepared_;
};

/// By the name as the migrations declare it; SQLite itself writes TEXT in capitals.
std::optional<ColumnType> type_named(std::string_view name) {
  if (name == "boolean") return ColumnType::boolean;
  if (name == "bigint") return ColumnType::bigint;
  if (name == "text" || name == "TEXT") return ColumnType::text;
  if (name == "bytea") return ColumnType::bytea;
  if (name == "uuid") return ColumnType::uuid;
  if (name == "timestamptz") return ColumnType::timestamptz;
  return std::nullopt;
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

StatementDescription::Column describe_column(sqlite3* database, sqlite3_stmt* statement, int index) {
  StatementDescription::Column column;
  column.name = text_or_empty(sqlite3_column_name(statement, index));
  column.type_name = text_or_empty(sqlite3_column_decltype(statement, index));
  column.type = type_named(column.type_name);
  const char* table = sqlite3_column_table_name(statement, index);
  const char* origin = sqlite3_column_origin_name(statement, index);
  if (table == nullptr || origin == nullptr) return column;
  column.origin = std::string(table) + "." + origin;
  int not_null = 0;
  int primary_key = 0;
  const int code = sqlite3_table_column_metadata(database, nullptr, table, origin, nullptr, nullptr, &not_null,
                                                 &primary_key, nullptr);
  if (code == SQLITE_OK) column.nullable = not_null == 0 && primary_key == 0;
  return column;
}

/// One writer at a time, in the order in which they came, and some readers, each on a snapshot of its own.
class SqliteDatabase final : public Database {
 public:
  struct OnlyLook {};
  SqliteDatabase(const SqliteOptions& options, OnlyLook) : options_(options) {
    for (Pool* pool : {&writers_, &readers_}) {
      pool->add(std::make_unique<SqliteConnection>(options_.path, options_.acquire_timeout));
      (*pool->borrow(options_.acquire_timeout))->run_script("PRAGMA query_only = ON");
    }
  }

  explicit SqliteDatabase(const SqliteOptions& options) : options_(options) {
    make_file();
    auto writer = std::make_unique<SqliteConnection>(options_.path, options_.acquire_timeout);
    use_write_ahead_log(*writer);
    last_version_ = writer->data_version();
    writers_.add(std::move(writer));
    for (int i = 0; i < options_.readers; ++i) {
      auto reader = std::make_unique<SqliteConnection>(options_.path, options_.acquire_timeout);
      // There may be many, each with a cache of its own; what they miss is mostly in the system's.
      reader->run_script("PRAGMA query_only = ON; PRAGMA cache_size = -256");
      readers_.add(std::move(reader));
    }
    if (options_.on_look) watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  }

  Engine engine() const override { return Engine::sqlite; }
  std::string description() const override { return std::string("SQLite ") + sqlite3_libversion(); }

  std::vector<PoolUse> pools() const override {
    const auto writers = writers_.use();
    const auto readers = readers_.use();
    return {{"writer", 1, writers.idle, writers.waiting},
            {"reader", static_cast<std::size_t>(options_.readers), readers.idle, readers.waiting}};
  }

  bool takes_writes() override {
    struct statvfs disk{};
    const bool is_known = statvfs(options_.path.c_str(), &disk) == 0;
    const auto free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    return is_known && free_bytes >= least_free_bytes && access(options_.path.c_str(), W_OK) == 0;
  }

  bool change_schema(const std::function<bool(Connection&)>& step) override {
    bool changed = false;
    run(Access::write, [&](Connection& connection) {
      changed = step(connection);
      return changed ? Verdict::commit : Verdict::rollback;
    });
    return changed;
  }

  StatementDescription describe(std::string_view text) override {
    const auto connection = borrow(writers_);
    const StatementHandle statement = connection->prepare(text, 0);
    StatementDescription description;
    description.parameters.resize(static_cast<std::size_t>(sqlite3_bind_parameter_count(statement.get())));
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i)
      description.columns.push_back(describe_column(connection->handle(), statement.get(), i));
    return description;
  }

 protected:
  void run(Access access, const std::function<Verdict(Connection&)>& attempt) override {
    storage::retry([&] { access == Access::read ? read(attempt) : write(attempt); });
  }

 private:
  using Pool = storage::FifoPool<SqliteConnection>;

  Pool::Loan borrow(Pool& pool) {
    auto loan = pool.borrow(options_.acquire_timeout);
    if (!loan) throw StorageError("SQLite: no connection came free in time");
    return *std::move(loan);
  }

  void read(const std::function<Verdict(Connection&)>& attempt) {
    const auto connection = borrow(readers_);
    connection->begin(false);
    try {
      if (attempt(*connection) == Verdict::commit) return connection->commit();
    } catch (...) {
      connection->rollback();
      throw;
    }
    connection->rollback();
  }

  /// A writer that waits for its turn, on its own thread's stack.
  struct Writer {
    const std::function<Verdict(Connection&)>& attempt;
    std::condition_variable woken = {};
    bool done = false;
    std::exception_ptr failure = {};
  };

  /// Whoever comes while nobody writes does so for all who came in the meantime, in the order in which they came, in
  /// one transaction of the engine: a write to the disk costs more than all that it holds. They see each other's rows,
  /// as they would one after the other, and none is answered before all are on the disk.
  void write(const std::function<Verdict(Connection&)>& attempt) {
    Writer self{attempt};
    std::vector<Writer*> group;
    {
      std::unique_lock lock(writing_);
      waiting_.push_back(&self);
      const auto is_my_turn = [&] {
        return self.done || (!somebody_writes_ && !waiting_.empty() && waiting_.front() == &self);
      };
      if (!self.woken.wait_for(lock, options_.acquire_timeout, is_my_turn)) {
        if (std::erase(waiting_, &self) > 0) throw StorageError("SQLite: the turn to write did not come in time");
        // Another has taken the attempt up, and uses what this thread holds: there is no leaving.
        self.woken.wait(lock, is_my_turn);
      }
      if (!self.done) group = take_group();
    }
    if (!self.done) write_group(group);
    if (self.failure) std::rethrow_exception(self.failure);
  }

  std::vector<Writer*> take_group() {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), most_in_group));
    std::vector<Writer*> group(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    somebody_writes_ = true;
    return group;
  }

  void write_group(std::span<Writer* const> group) {
    try {
      const auto connection = borrow(writers_);
      look(*connection);
      run_group(*connection, group);
    } catch (...) {
      for (Writer* const writer : group) {
        if (!writer->failure) writer->failure = std::current_exception();
      }
    }
    const std::lock_guard lock(writing_);
    somebody_writes_ = false;
    for (Writer* const writer : group) {
      writer->done = true;
      writer->woken.notify_one();
    }
    if (!waiting_.empty()) waiting_.front()->woken.notify_one();
  }

  /// Throws what failed for all; what failed for one is kept in it.
  static void run_group(SqliteConnection& connection, std::span<Writer* const> group) {
    connection.begin(true);
    try {
      for (Writer* const writer : group) run_one(connection, *writer);
      connection.commit();
    } catch (...) {
      connection.rollback();
      throw;
    }
  }

  /// One attempt inside the group's transaction; undoes what it did unless it is to be committed.
  static void run_one(SqliteConnection& connection, Writer& writer) {
    connection.run("SAVEPOINT attempt", {}, {}, [](const RowView&) {});
    auto verdict = Verdict::rollback;
    try {
      verdict = writer.attempt(connection);
    } catch (...) {
      writer.failure = std::current_exception();
    }
    if (!connection.is_in_transaction()) {
      // Some errors undo all of the transaction: a full disk does. The others try again.
      throw SerializationFailure("SQLite: another writer's error undid the transaction");
    }
    if (verdict != Verdict::commit) connection.run("ROLLBACK TO attempt", {}, {}, [](const RowView&) {});
    connection.run("RELEASE attempt", {}, {}, [](const RowView&) {});
  }

  /// Makes the file before SQLite would, readable by its owner only; its companions inherit that.
  void make_file() const {
    const int descriptor = open(options_.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
      throw StartupError("the database " + options_.path.string() +
                         " can't be opened: " + std::generic_category().message(errno));
    close(descriptor);
  }

  /// Two processes that open a new file at once may see each other's lock here, which no busy time-out waits for.
  static void use_write_ahead_log(SqliteConnection& writer) {
    std::string mode;
    storage::retry([&] {
      writer.run("PRAGMA journal_mode = WAL", {}, {}, [&mode](const RowView& row) { mode = row.get_text(0); });
    });
    if (mode != "wal") throw StartupError("the database's file system can't hold a write-ahead log");
  }

  /// Asks the writer connection, whose own commits don't count, whether somebody else has committed.
  void look(SqliteConnection& writer) {
    if (!options_.on_look) return;
    const auto asked_at = std::chrono::steady_clock::now();
    const std::int64_t version = writer.data_version();
    options_.on_look(std::exchange(last_version_, version) != version, asked_at);
  }

  /// While a transaction holds the writer there is nothing to do: the next one looks first.
  void watch(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, stop, look_interval, [&stop] { return stop.stop_requested(); })) {
      try {
        if (const auto writer = writers_.borrow(look_interval)) look(**writer);
      } catch (const StorageError&) {
        // Without a look the listener's lease runs out, which is what must happen.
      }
    }
  }

  static constexpr std::size_t most_in_group = 32;

  const SqliteOptions options_;
  std::mutex writing_;
  std::deque<Writer*> waiting_;  ///< to write
  bool somebody_writes_ = false;
  std::int64_t last_version_ = 0;  ///< belongs to whoever holds the writer
  Pool writers_;
  Pool readers_;
  std::jthread watcher_;
};

}  // namespace

namespace {

template <class... How>
std::unique_ptr<Database> open_file(const SqliteOptions& options, How... how) {
  try {
    return std::make_unique<SqliteDatabase>(options, how...);
  } catch (const StorageError& error) {
    throw StartupError("the database " + options.path.string() + " can't be opened: " + error.what());
  }
}

}  // namespace

std::unique_ptr<Database> open_sqlite(const SqliteOptions& options) { return open_file(options); }

std::unique_ptr<Database> storage::look_at_sqlite(const std::filesystem::path& path) {
  return open_file({.path = path, .readers = 1}, SqliteDatabase::OnlyLook());
}

}  // namespace ostiary
