#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/database.hpp"

namespace ostiary::storage {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresHandle = std::unique_ptr<PGconn, CloseConnection>;

/// Connects with `options.conninfo` and bounds for what it leaves open: how long to connect, when to give a silent peer
/// up. Throws StorageError with one line.
PostgresHandle connect_postgres(const PostgresOptions& options);

/// Throws for a result that is an error: SerializationFailure, UniqueViolation, ConnectionLost or StorageError, by its
/// SQLSTATE. Shows the server's message without its details, which can hold values.
void check_result(const PGconn* connection, const PGresult* result);

/// One connection, made at its first use and again after it broke. It stays in libpq's pipeline mode: BEGIN travels
/// with a transaction's first statement, a statement's preparation with its first run, and the question for the
/// transaction's id with its first write. For one thread at a time.
class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const PostgresOptions& options) : options_(options) {}

  /// Connects now. Throws StorageError.
  void connect();

  /// What a transaction may do, and how it is kept apart from others.
  enum class Mode { read, write, write_committed };
  /// Begins a transaction with its first statement; without one it costs nothing.
  void begin(Mode mode);
  std::int64_t run(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
                   const RowSink& sink) override;
  std::uint64_t send(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
                     RowSink sink) override;
  void await(std::uint64_t sent) override;
  /// Also outside a transaction.
  void run_script(std::string_view sql) override;

  /// What COMMIT came to.
  enum class Committed { yes, no, unknown };
  /// Throws SerializationFailure or StorageError when the server refused. With a lost answer it is `unknown`, or `no`
  /// when nothing was written.
  Committed commit();
  void rollback() noexcept;

  /// The id of the transaction last begun, if it was to write and got one. PostgreSQL only.
  const std::optional<std::string>& transaction_id() const { return transaction_id_; }

  /// What became of a transaction: "committed", "aborted", "in progress"; nothing when the server does not know, or
  /// when it is not the session any more that was connected (a pooler's). Does not connect again.
  std::optional<std::string> status_of(const std::string& transaction_id);

  /// Prepares without types and describes; see Database.
  StatementDescription describe(std::string_view text);

  bool is_cockroach() const { return cockroach_; }
  const std::string& version() const { return version_; }
  /// Which start of which server it was last connected to. PostgreSQL only.
  const std::string& server() const { return server_; }

  /// The database's encoding, as "UTF8"; empty where the server does not say.
  std::string encoding() const;

  /// A server that restarts, or an administrator, ends connections that lie idle.
  bool was_closed_by_server() const;

 private:
  using Milliseconds = std::chrono::milliseconds;

  void connect_if_needed();
  PostgresResult execute(const std::string& sql);
  PostgresResult execute(const std::string& sql, const std::vector<const char*>& texts);
  void leave_pipeline();
  void enter_pipeline();
  void enqueue(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
               RowSink sink);
  void enqueue_prepared(std::string_view text, std::span<const ColumnType> types,
                        std::span<const Parameter> parameters);
  std::string name_of(std::string_view text, std::span<const ColumnType> types);
  void expect_accepted(int accepted);
  PostgresResult settle();
  void discard();
  void take(std::size_t position, PGresult* result);
  static std::int64_t hand_over(PGresult* answer, const RowSink& sink);
  std::vector<PostgresResult> exchange();
  PostgresResult next_result();
  PostgresResult last_result();
  void wait_readable();
  void drop();
  StatementDescription::Column describe_column(const PGresult* description, int index);

  using StatementKey = std::pair<const char*, std::size_t>;

  /// What was sent and not answered yet, in order.
  struct Awaited {
    enum class What { begin, preparation, statement, transaction_id } what;
    StatementKey prepared = {};
    RowSink sink = {};
  };

  const PostgresOptions options_;
  PostgresHandle connection_;
  std::map<StatementKey, std::string> prepared_;  ///< text -> name
  std::size_t names_given_ = 0;
  bool cockroach_ = false;
  std::string version_;
  std::string server_;
  std::string session_;

  Mode mode_ = Mode::read;
  bool begun_ = false;  ///< BEGIN was sent
  bool broke_ = false;  ///< the connection went during the transaction
  bool wrote_ = false;  ///< a statement other than SELECT was sent
  bool asked_ = false;  ///< the transaction's id was asked for
  std::vector<Awaited> awaited_;
  std::uint64_t sent_ = 0, answered_ = 0;  ///< statements, ever
  std::optional<std::string> transaction_id_;
};

}  // namespace ostiary::storage
