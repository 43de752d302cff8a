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

/// Connects with `options.conninfo`, with default time-outs for connecting and for a silent peer. Throws StorageError
/// with a message of one line.
PostgresHandle connect_postgres(const PostgresOptions& options);

/// Throws if a result is an error: SerializationFailure, UniqueViolation, ConnectionLost or StorageError, depending on
/// its SQLSTATE. The message is the server's, without details, which can contain values.
void check_result(const PGconn* connection, const PGresult* result);

/// One connection, opened at its first use and again after it broke. It uses libpq's pipeline mode: BEGIN is sent with
/// a transaction's first statement, a PREPARE with the statement's first run, and the query for the transaction's id
/// with its first write. For one thread at a time.
class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const PostgresOptions& options) : options_(options) {}

  /// Connects now. Throws StorageError.
  void connect();

  /// The access and isolation of a transaction.
  enum class Mode { read, write, write_committed };
  /// Begins a transaction when its first statement is sent. A transaction without statements costs nothing.
  void begin(Mode mode);
  std::int64_t run(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
                   const RowSink& sink) override;
  std::uint64_t send(std::string_view text, std::span<const ColumnType> types, std::span<const Parameter> parameters,
                     RowSink sink) override;
  void await(std::uint64_t sent) override;
  /// Also outside a transaction.
  void run_script(std::string_view sql) override;

  /// The outcome of COMMIT.
  enum class Committed { yes, no, unknown };
  /// Throws SerializationFailure or StorageError if the server refused. If the reply was lost, returns `unknown`, or
  /// `no` if nothing was written.
  Committed commit();
  void rollback() noexcept;

  /// The id of the last transaction, if it writes and has one. PostgreSQL only.
  const std::optional<std::string>& transaction_id() const { return transaction_id_; }

  /// The state of a transaction: "committed", "aborted" or "in progress". Empty if the server does not know, or if the
  /// session is not the original one (behind a pooler). Does not reconnect.
  std::optional<std::string> status_of(const std::string& transaction_id);

  /// Prepares without types and describes; see Database.
  StatementDescription describe(std::string_view text);

  bool is_cockroach() const { return cockroach_; }
  const std::string& version() const { return version_; }
  /// Identifies the server that it was last connected to, and that server's start. PostgreSQL only.
  const std::string& server() const { return server_; }

  /// The database's encoding, such as "UTF8"; empty if the server does not report it.
  std::string encoding() const;

  /// Whether the server has closed the idle connection, as after a restart.
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

  /// A statement that was sent and not answered yet.
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
  bool broke_ = false;  ///< the connection broke during the transaction
  bool wrote_ = false;  ///< a statement other than SELECT was sent
  bool asked_ = false;  ///< the transaction's id was queried
  std::vector<Awaited> awaited_;
  std::uint64_t sent_ = 0, answered_ = 0;  ///< number of statements since the beginning
  std::optional<std::string> transaction_id_;
};

}  // namespace ostiary::storage
