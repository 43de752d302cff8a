#pragma once

#include <array>
#include <atomic>
#include <boost/pfr.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary {

/// The storage failed: unreachable, full, broken or too slow. The dispatcher returns 503.
class StorageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The transaction conflicted with a concurrent one and must be retried. Only `Database` catches it.
class SerializationFailure final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// A unique index rejected a row. Use cases check for duplicates first, so this is a race, and the transaction is
/// retried so that the check sees the other row.
class UniqueViolation final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// The program cannot start on this storage. The message is one line for the operator without secrets.
class StartupError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The interface of an engine's connection. `storage/sqlite.cpp` and `storage/postgres.cpp` implement it.
class Connection {
 public:
  virtual ~Connection() = default;
  using RowSink = std::function<void(const RowView&)>;

  /// Runs a statement in the open transaction, passes each row to `sink`, and returns the number of changed rows. Takes
  /// a type and a value for each parameter. `text` must have static lifetime: prepared statements are found by its
  /// address.
  virtual std::int64_t run(std::string_view text, std::span<const ColumnType> types,
                           std::span<const Parameter> parameters, const RowSink& sink) = 0;

  /// Sends a statement without waiting for its result. It runs at the latest with the next statement or the commit,
  /// which also throw its errors and pass its rows to `sink`. Returns the statement's number.
  virtual std::uint64_t send(std::string_view text, std::span<const ColumnType> types,
                             std::span<const Parameter> parameters, RowSink sink) = 0;

  /// Waits for the result of a statement that was sent, unless it has arrived.
  virtual void await(std::uint64_t sent) = 0;

  /// Runs any number of statements without parameters in the open transaction, for migrations.
  virtual void run_script(std::string_view sql) = 0;
};

/// An engine's description of a prepared statement. What the engine does not tell is empty.
struct StatementDescription {
  struct Column {
    std::string name;
    std::optional<ColumnType> type;  ///< SQLite: empty for an expression
    std::string type_name;  ///< the engine's own name of it
    std::optional<bool> nullable;  ///< of the table's column, also where an outer join stands between
    std::string origin;  ///< "users.id"; empty for an expression
  };
  std::vector<std::optional<ColumnType>> parameters;  ///< SQLite: their number only
  std::vector<Column> columns;
};

/// An open transaction, for reading and writing. It lives while its closure runs.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// The row, or nothing. Throws std::logic_error for more than one.
  template <class Row, class... Params>
  std::optional<Row> optional(const Statement<Row(Params...)>& statement,
                              const std::type_identity_t<Params>&... params) {
    std::optional<Row> found;
    run(
        statement,
        [&found](const RowView& row) {
          if (found) throw std::logic_error("a statement for at most one row gave more");
          found = read_row<Row>(row);
        },
        params...);
    return found;
  }

  /// The one row. Throws std::logic_error for none or more.
  template <class Row, class... Params>
  Row one(const Statement<Row(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    auto row = optional(statement, params...);
    if (!row) throw std::logic_error("a statement for one row gave none");
    return *std::move(row);
  }

  /// All rows. The statement bounds them by a LIMIT.
  template <class Row, class... Params>
  std::vector<Row> all(const Statement<Row(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    std::vector<Row> rows;
    run(statement, [&rows](const RowView& row) { rows.push_back(read_row<Row>(row)); }, params...);
    return rows;
  }

  /// Runs a statement without rows; returns how many it changed.
  template <class... Params>
  std::int64_t execute(const Statement<void(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    return run(statement, [](const RowView&) {}, params...);
  }

  /// The same without waiting for it: spares a way to the server and back. What goes wrong shows at the next statement
  /// or at the commit.
  template <class... Params>
  void send(const Statement<void(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    static constexpr std::array<ColumnType, sizeof...(Params)> types{Stored<Params>::type...};
    const std::array<Parameter, sizeof...(Params)> values{Stored<Params>::to(params)...};
    connection_.send(statement.text, types, values, [](const RowView&) {});
  }

  /// The rows of a statement that was asked and not waited for. To be read while the transaction is open.
  template <class Row>
  class Asked {
   public:
    /// Waits for them, unless a later statement has brought them along.
    const std::vector<Row>& rows() const {
      connection_->await(sent_);
      return *rows_;
    }

   private:
    friend class Transaction;
    explicit Asked(Connection& connection) : connection_(&connection) {}

    Connection* connection_;
    std::uint64_t sent_ = 0;
    std::shared_ptr<std::vector<Row>> rows_ = std::make_shared<std::vector<Row>>();
  };

  /// All rows, later: the question travels with what follows. The statement bounds them by a LIMIT.
  template <class Row, class... Params>
  Asked<Row> ask(const Statement<Row(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    static constexpr std::array<ColumnType, sizeof...(Params)> types{Stored<Params>::type...};
    const std::array<Parameter, sizeof...(Params)> values{Stored<Params>::to(params)...};
    Asked<Row> asked(connection_);
    asked.sent_ = connection_.send(statement.text, types, values,
                                   [rows = asked.rows_](const RowView& row) { rows->push_back(read_row<Row>(row)); });
    return asked;
  }

  /// Makes a refusal commit instead of rolling back: `return tx.keep(refuse(...))`.
  std::unexpected<Refused> keep(std::unexpected<Refused> refusal) {
    keep_ = true;
    return refusal;
  }

  /// Adds an action to run once after the commit and before the caller continues. Actions run in order, and are dropped
  /// on rollback. They must not throw or use the database.
  void after_commit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }

 private:
  friend class Database;

  template <class Row>
  static Row read_row(const RowView& view) {
    Row row{};
    boost::pfr::for_each_field(row, [&view](auto& field, std::size_t index) {
      field = Stored<std::remove_cvref_t<decltype(field)>>::from(view, static_cast<int>(index));
    });
    return row;
  }

  template <class Row, class... Params>
  std::int64_t run(const Statement<Row(Params...)>& statement, const Connection::RowSink& sink,
                   const Params&... params) {
    static constexpr std::array<ColumnType, sizeof...(Params)> types{Stored<Params>::type...};
    const std::array<Parameter, sizeof...(Params)> values{Stored<Params>::to(params)...};
    return connection_.run(statement.text, types, values, sink);
  }

  Connection& connection_;
  bool keep_ = false;
  std::vector<std::function<void()>> after_commit_;
};

/// How a writing transaction is isolated from concurrent ones.
enum class Isolation {
  serializable,  ///< as if all transactions had run one after the other
  /// Each statement sees what was committed when it started. For queues and single statements. A closure may rely on a
  /// row that it read only if it locked the row (`FOR UPDATE SKIP LOCKED`), or if the writing statement repeats the
  /// condition. An engine may isolate more strictly: SQLite always does, CockroachDB may.
  read_committed,
};

/// The database. Thread-safe: each transaction has its own connection. Transactions are serializable on every engine
/// unless they ask for less. A closure is retried after a conflict, a bounded number of times with jitter. So a
/// closure must have no effects except through its transaction and its result, and must not hash passwords or use the
/// network.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `closure(Transaction&)`, which returns a Result<T>. A value commits. A refusal rolls back unless `keep` was
  /// used; an exception rolls back. Throws StorageError if the engine fails. Then nothing was written, or the outcome
  /// is unknown (the reply to COMMIT was lost and cannot be looked up).
  template <class Closure>
  auto transaction(Closure&& closure) {
    return transaction(Isolation::serializable, closure);
  }
  template <class Closure>
  auto transaction(Isolation isolation, Closure&& closure) {
    const Access access = isolation == Isolation::serializable ? Access::write : Access::write_committed;
    return run_as<std::invoke_result_t<Closure&, Transaction&>>(closure, access);
  }

  /// The same for a closure that only reads: it sees one consistent snapshot and does not block writers.
  template <class Closure>
  auto read(Closure&& closure) {
    return run_as<std::invoke_result_t<Closure&, Transaction&>>(closure, Access::read);
  }

  virtual Engine engine() const = 0;

  /// The engine's name and version, to show to people.
  virtual std::string description() const = 0;

  /// Whether writes can be stored, as far as that can be told without writing: false on a replica, in a read-only
  /// database or (SQLite) on a read-only or full disk. A full disk of PostgreSQL is not seen. Throws StorageError.
  virtual bool takes_writes() = 0;

  /// The current use of one kind of connection.
  struct PoolUse {
    std::string kind;  ///< "writer", "reader", or "connection" if there is one kind
    std::size_t connections, idle;
    std::size_t waiting;  ///< transactions that wait for one
  };
  virtual std::vector<PoolUse> pools() const = 0;

  /// How often closures were retried after a conflict or a lost connection.
  std::int64_t reruns() const { return reruns_; }

  /// Calls `step` in its own transaction without a statement time-out, and commits if it returns true. Returns whether
  /// it committed. Only for storage/migrate, which holds the schema lock.
  virtual bool change_schema(const std::function<bool(Connection&)>& step) = 0;

  /// Prepares a statement without parameter types and returns the engine's description of it.
  virtual StatementDescription describe(std::string_view text) = 0;

 protected:
  enum class Access { read, write, write_committed };
  enum class Verdict { commit, rollback };

  /// Calls `attempt` with a connection in an open transaction, and retries a limited number of times when it throws
  /// SerializationFailure or UniqueViolation. Commits or rolls back as `attempt` returns.
  virtual void run(Access access, const std::function<Verdict(Connection&)>& attempt) = 0;

 private:
  template <class R, class Closure>
  R run_as(Closure& closure, Access access) {
    std::optional<R> result;
    std::vector<std::function<void()>> actions;
    bool is_rerun = false;
    run(access, [&](Connection& connection) {
      if (std::exchange(is_rerun, true)) ++reruns_;
      Transaction transaction(connection);
      actions.clear();
      result.emplace(closure(transaction));
      if (!result->has_value() && !transaction.keep_) return Verdict::rollback;
      actions = std::move(transaction.after_commit_);
      return Verdict::commit;
    });
    for (const auto& action : actions) action();
    return *std::move(result);
  }

  std::atomic<std::int64_t> reruns_ = 0;
};

/// How to open PostgreSQL or CockroachDB.
struct PostgresOptions {
  std::string conninfo;  ///< a libpq connection string
  int connections = 12;
  std::chrono::milliseconds acquire_timeout{5000};  ///< waiting for a connection; then StorageError
  std::chrono::milliseconds statement_timeout{5000};
};

/// How to open the embedded database.
struct SqliteOptions {
  std::filesystem::path path;
  int readers = 4;
  std::chrono::milliseconds acquire_timeout{5000};  ///< waiting for a connection, and for another process's write
  /// Called every 50 ms and between transactions, with whether another process has changed the database since the last
  /// call. Called from any thread, but never concurrently. It must not use the database. Empty: no checks.
  std::function<void(bool changed, std::chrono::steady_clock::time_point asked_at)> on_look = {};
};

/// Connects. Throws StartupError if the server does not answer or the connection string is malformed.
std::unique_ptr<Database> open_postgres(const PostgresOptions& options);

/// Opens or creates the file. Throws StartupError if that is not possible.
std::unique_ptr<Database> open_sqlite(const SqliteOptions& options);

}  // namespace ostiary
