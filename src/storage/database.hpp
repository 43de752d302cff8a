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

/// The storage failed: unreachable, full, broken, too slow. The dispatcher turns it into 503.
class StorageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The transaction lost against a concurrent one and has to run again. Only `Database` catches it.
class SerializationFailure final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// A unique index refused a row. It is for the use case to judge beforehand; what arrives here raced, and the
/// transaction is run again so that the judgment sees it.
class UniqueViolation final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// The program can't start on this storage. The message is one line for the operator and holds no secret.
class StartupError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What an engine's connection does. `storage/sqlite.cpp` and `storage/postgres.cpp` implement it.
class Connection {
 public:
  virtual ~Connection() = default;
  using RowSink = std::function<void(const RowView&)>;

  /// Runs a statement inside the open transaction, hands each row to `sink`, returns the number of rows changed. A
  /// type and a value for each parameter. `text` must have static lifetime: the prepared statement is found by its
  /// address.
  virtual std::int64_t run(std::string_view text, std::span<const ColumnType> types,
                           std::span<const Parameter> parameters, const RowSink& sink) = 0;

  /// Runs a statement whose result nobody waits for: at the latest with the next one or the commit, which also throw
  /// what becomes of it, and hand its rows to `sink`. Gives the statement's number.
  virtual std::uint64_t send(std::string_view text, std::span<const ColumnType> types,
                             std::span<const Parameter> parameters, RowSink sink) = 0;

  /// Waits for a statement that was sent, unless its answer is there.
  virtual void await(std::uint64_t sent) = 0;

  /// Runs any number of statements without parameters inside the open transaction: a migration.
  virtual void run_script(std::string_view sql) = 0;
};

/// What an engine says of a prepared statement. It leaves out what it can't tell.
struct StatementDescription {
  struct Column {
    std::string name;
    std::optional<ColumnType> type;  ///< SQLite: nothing for an expression
    std::string type_name;           ///< the engine's own name of it
    std::optional<bool> nullable;    ///< of the table's column, also where an outer join stands between
    std::string origin;              ///< "users.id"; empty for an expression
  };
  std::vector<std::optional<ColumnType>> parameters;  ///< SQLite: their number only
  std::vector<Column> columns;
};

/// An open transaction: what a use case reads and writes through. Lives as long as its closure runs.
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

  /// Lets a refusal commit what was written before it: `return tx.keep(refuse(...))`.
  std::unexpected<Refused> keep(std::unexpected<Refused> refusal) {
    keep_ = true;
    return refusal;
  }

  /// Called once after the commit, before the caller learns of it, in the order given; dropped with a rollback. It
  /// must not throw and must not touch the database.
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

/// What a transaction that writes is told of others that run at the same time.
enum class Isolation {
  serializable,  ///< all of them might as well have run one after the other
  /// Each statement sees what is committed when it begins. For work on a queue and for single statements: a closure may
  /// rely on a row that it read only if it locked the row (`FOR UPDATE SKIP LOCKED`), or if the statement that writes
  /// names again what must still hold. An engine may isolate more strictly: SQLite always does, CockroachDB may.
  read_committed,
};

/// The database. Thread-safe: each transaction has a connection to itself. A transaction is serializable on every
/// engine unless it asks for less, and its closure runs again, a bounded number of times with jitter, when it lost
/// against another: so a closure has no effects but through its transaction and its result, computes no password hash
/// and asks no network.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `closure(Transaction&)`, which returns a Result<T>. A value commits; a refusal rolls back, unless `keep`
  /// said otherwise; so does an exception. Throws StorageError where the engine fails; after it nothing was written,
  /// or (a lost answer to COMMIT that can't be looked up) it is unknown whether it was.
  template <class Closure>
  auto transaction(Closure&& closure) {
    return transaction(Isolation::serializable, closure);
  }
  template <class Closure>
  auto transaction(Isolation isolation, Closure&& closure) {
    const Access access = isolation == Isolation::serializable ? Access::write : Access::write_committed;
    return run_as<std::invoke_result_t<Closure&, Transaction&>>(closure, access);
  }

  /// The same for a closure that only reads: it runs beside writers on one consistent snapshot.
  template <class Closure>
  auto read(Closure&& closure) {
    return run_as<std::invoke_result_t<Closure&, Transaction&>>(closure, Access::read);
  }

  virtual Engine engine() const = 0;

  /// The engine's name and version, for people.
  virtual std::string description() const = 0;

  /// Whether what is written can be stored, as far as that shows without writing: not on a replica, in a read-only
  /// database or (SQLite) on a read-only or full disk. A full disk of PostgreSQL does not show. Throws StorageError.
  virtual bool takes_writes() = 0;

  /// How connections of a kind are used at the moment.
  struct PoolUse {
    std::string kind;  ///< "writer", "reader", or "connection" where all are alike
    std::size_t connections, idle;
    std::size_t waiting;  ///< transactions that wait for one
  };
  virtual std::vector<PoolUse> pools() const = 0;

  /// How often a closure has run again because its transaction was lost: to another one, or with its connection.
  std::int64_t reruns() const { return reruns_; }

  /// Calls `step` in a transaction of its own, which gives each statement the time that it needs, and commits when it
  /// says true. Whether it did. For storage/migrate only, which keeps others away.
  virtual bool change_schema(const std::function<bool(Connection&)>& step) = 0;

  /// Prepares a statement, with no word about its parameters' types, and tells what the engine makes of it.
  virtual StatementDescription describe(std::string_view text) = 0;

 protected:
  enum class Access { read, write, write_committed };
  enum class Verdict { commit, rollback };

  /// Calls `attempt` with a connection in an open transaction until it neither throws SerializationFailure or
  /// UniqueViolation nor has used up its tries, and commits or rolls back as it says.
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
  /// Called each 50 ms and between transactions, with whether another process has changed the database since the last
  /// call; from any thread, never two at once. It must not touch the database. Left empty, nobody looks.
  std::function<void(bool changed, std::chrono::steady_clock::time_point asked_at)> on_look = {};
};

/// Connects. Throws StartupError where the server does not answer or the string is malformed.
std::unique_ptr<Database> open_postgres(const PostgresOptions& options);

/// Opens the file or makes it. Throws StartupError where that is not possible.
std::unique_ptr<Database> open_sqlite(const SqliteOptions& options);

}  // namespace ostiary
