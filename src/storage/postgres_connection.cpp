#include "storage/postgres_connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "storage/conninfo.hpp"
#include "storage/missing_privilege.hpp"
#include "storage/postgres_values.hpp"
#include "storage/retry.hpp"

namespace ostiary::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_grace = 2s;  ///< for the way there and back, beyond the server's own time-out

/// A sequential scan, the planner's choice for a small table, locks all of it against serializable writers: in a young
/// database nearly every two transactions would fail each other. Where it is still needed, its price must not lead to
/// compilation.
constexpr const char* prefer_indexes = "SET enable_seqscan = off; SET jit = off";

constexpr const char* ask_where = "SELECT pg_postmaster_start_time()::text, pg_backend_pid()::text";

constexpr std::string_view begin_to_write = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr std::string_view begin_to_write_committed = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr std::string_view begin_to_read = "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY";
constexpr std::string_view end_and_keep = "COMMIT";
constexpr std::string_view assign_transaction_id = "SELECT pg_current_xact_id()::text";
constexpr std::string_view ask_transaction_id = "SELECT pg_current_xact_id_if_assigned()::text";

std::string first_line(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '\n'), text.end());
  return text;
}

std::string_view begin_in(PostgresConnection::Mode mode) {
  switch (mode) {
    case PostgresConnection::Mode::write: return begin_to_write;
    case PostgresConnection::Mode::write_committed: return begin_to_write_committed;
    case PostgresConnection::Mode::read: break;
  }
  return begin_to_read;
}

bool is_select(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n\t"), text.size()));
  return text.starts_with("SELECT");
}

/// The server ended the connection, or forgot what it had prepared on it (a pooler, a changed schema): nothing on it
/// can be used any more, and nothing of the transaction stays.
bool ends_connection(std::string_view state) {
  return state.starts_with("08") || state.starts_with("57P") || state == "25P03" || state == "26000" ||
         state == "0A000";
}

}  // namespace

void check_result(const PGconn* connection, const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_PIPELINE_SYNC: return;
    default: break;
  }
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string state = code == nullptr ? "" : code;
  const std::string message = "PostgreSQL: " + (primary != nullptr ? state + " " + primary : "the connection broke");
  if (state == "40001" || state == "40P01") throw SerializationFailure(message);
  if (state == "23505") throw UniqueViolation(message);
  // Without the right to use a schema there is none to create a table in (3F000).
  if (state == "42501" || state == "3F000") throw MissingPrivilege(message);
  if (ends_connection(state) || PQstatus(connection) == CONNECTION_BAD) throw ConnectionLost(message);
  throw StorageError(message);
}

PostgresHandle connect_postgres(const PostgresOptions& options) {
  const auto given = parse_conninfo(options.conninfo);
  if (!given) throw StorageError("PostgreSQL: the connection string is malformed: " + given.error());

  Conninfo parameters{
      {"connect_timeout", "5"},     {"application_name", "ostiary"}, {"keepalives_idle", "10"},
      {"keepalives_interval", "5"}, {"keepalives_count", "3"},       {"tcp_user_timeout", "15000"},
      {"client_encoding", "UTF8"},
  };
  for (const auto& [keyword, value] : *given) parameters[keyword] = value;
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PostgresHandle handle(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (PQstatus(handle.get()) != CONNECTION_OK)
    throw StorageError("PostgreSQL: no connection: " + first_line(PQerrorMessage(handle.get())));
  PQsetNoticeReceiver(handle.get(), [](void*, const PGresult*) {}, nullptr);  // it would write to standard error
  return handle;
}

void PostgresConnection::connect() {
  prepared_.clear();
  connection_ = connect_postgres(options_);
  version_ = PQgetvalue(execute("SELECT version()").get(), 0, 0);
  cockroach_ = version_.starts_with("CockroachDB");
  execute("SET statement_timeout = " + std::to_string(options_.statement_timeout.count()));
  if (!cockroach_) {
    execute(prefer_indexes);
    const auto where = execute(ask_where);
    server_ = PQgetvalue(where.get(), 0, 0);
    session_ = PQgetvalue(where.get(), 0, 1);
  }
  enter_pipeline();
}

void PostgresConnection::connect_if_needed() {
  if (broke_) throw ConnectionLost("PostgreSQL: the connection broke inside the transaction");
  if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) connect();
}

void PostgresConnection::drop() {
  connection_.reset();
  awaited_.clear();
  broke_ = broke_ || begun_;
  begun_ = false;
}

PostgresResult PostgresConnection::execute(const std::string& sql) {
  expect_accepted(PQsendQuery(connection_.get(), sql.c_str()));
  return last_result();
}

PostgresResult PostgresConnection::execute(const std::string& sql, const std::vector<const char*>& texts) {
  expect_accepted(PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                                    texts.data(), nullptr, nullptr, 0));
  return last_result();
}

/// Outside the pipeline: waits, within the time for a statement, until the command is over.
PostgresResult PostgresConnection::last_result() {
  PostgresResult last;
  while (PostgresResult result = next_result()) {
    last = std::move(result);
    if (PQstatus(connection_.get()) == CONNECTION_BAD) break;
  }
  if (!last) throw ConnectionLost("PostgreSQL: the connection broke");
  check_result(connection_.get(), last.get());
  return last;
}

void PostgresConnection::leave_pipeline() {
  if (PQexitPipelineMode(connection_.get()) != 1) throw ConnectionLost("PostgreSQL: the connection is not idle");
}

void PostgresConnection::enter_pipeline() {
  if (PQenterPipelineMode(connection_.get()) != 1) throw ConnectionLost("PostgreSQL: the connection is not idle");
}

std::string PostgresConnection::encoding() const {
  const char* const encoding = PQparameterStatus(connection_.get(), "server_encoding");
  return encoding == nullptr ? "" : encoding;
}

bool PostgresConnection::was_closed_by_server() const {
  if (!connection_) return false;
  pollfd closed{PQsocket(connection_.get()), POLLRDHUP, 0};
  return poll(&closed, 1, 0) == 1;
}

void PostgresConnection::begin(Mode mode) {
  // Found out now it costs nobody a try: after a restart all of the pool is like that.
  if (was_closed_by_server()) drop();
  mode_ = mode;
  begun_ = false;
  broke_ = false;
  wrote_ = false;
  asked_ = false;
  transaction_id_.reset();
}

void PostgresConnection::expect_accepted(int accepted) {
  if (accepted == 1) return;
  const std::string message = first_line(PQerrorMessage(connection_.get()));
  drop();
  throw ConnectionLost("PostgreSQL: a statement can't be sent: " + message);
}

/// Waits for the server as long as it may take for a statement, then gives the connection up.
void PostgresConnection::wait_readable() {
  const bool bounded = options_.statement_timeout > 0ms;
  const auto deadline = std::chrono::steady_clock::now() + options_.statement_timeout + answer_grace;
  while (PQisBusy(connection_.get()) == 1) {
    int wait = -1;
    if (bounded) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left <= 0ms) {
        drop();
        throw StorageError("PostgreSQL: the server did not answer in time");
      }
      wait = static_cast<int>(left.count());
    }
    pollfd readable{PQsocket(connection_.get()), POLLIN, 0};
    poll(&readable, 1, wait);
    if (readable.revents != 0 && PQconsumeInput(connection_.get()) != 1) return;  // the result tells
  }
}

PostgresResult PostgresConnection::next_result() {
  wait_readable();
  return PostgresResult(PQgetResult(connection_.get()));
}

/// Ends the pipeline and gathers the result of each of its commands, up to the first error, which it throws after the
/// last one has come in.
std::vector<PostgresResult> PostgresConnection::exchange() {
  expect_accepted(PQpipelineSync(connection_.get()));
  std::vector<PostgresResult> results;
  bool after_command = true;  // a null result ends each command; two of them, a broken connection
  for (;;) {
    PostgresResult result = next_result();
    if (!result) {
      if (!std::exchange(after_command, false)) {
        drop();
        throw ConnectionLost("PostgreSQL: the connection broke");
      }
      continue;
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) return results;
    results.push_back(std::move(result));
    after_command = true;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) return results;
  }
}

std::int64_t PostgresConnection::run(std::string_view text, std::span<const ColumnType> types,
                                     std::span<const Parameter> parameters, const RowSink& sink) {
  send(text, types, parameters, {});
  return hand_over(settle().get(), sink);
}

/// Its rows, or how many it changed.
std::int64_t PostgresConnection::hand_over(PGresult* answer, const RowSink& sink) {
  for (int row = 0; row < PQntuples(answer); ++row) sink(PostgresRow(answer, row));
  if (std::string_view(PQcmdStatus(answer)).starts_with("SELECT")) return 0;
  return std::atoll(PQcmdTuples(answer));
}

std::uint64_t PostgresConnection::send(std::string_view text, std::span<const ColumnType> types,
                                       std::span<const Parameter> parameters, RowSink sink) {
  try {
    enqueue(text, types, parameters, std::move(sink));
    return sent_;
  } catch (const ConnectionLost&) {
    drop();
    throw;
  }
}

void PostgresConnection::await(std::uint64_t sent) {
  if (answered_ >= sent) return;
  if (broke_) throw ConnectionLost("PostgreSQL: the connection broke inside the transaction");
  settle();
}

void PostgresConnection::enqueue(std::string_view text, std::span<const ColumnType> types,
                                 std::span<const Parameter> parameters, RowSink sink) {
  connect_if_needed();
  if (!begun_) {
    enqueue_prepared(begin_in(mode_), {}, {});
    awaited_.push_back({Awaited::What::begin});
    begun_ = true;
  }
  wrote_ = wrote_ || !is_select(text);
  enqueue_prepared(text, types, parameters);
  awaited_.push_back({Awaited::What::statement, {}, std::move(sink)});
  ++sent_;
  if (mode_ != Mode::read && !cockroach_ && !asked_) {
    // Who reads first gets an id with what was read, and COMMIT can travel with the last write. Who begins by writing
    // gets none unless something changed: an idle service must leave nothing in the server's log.
    enqueue_prepared(wrote_ ? ask_transaction_id : assign_transaction_id, {}, {});
    awaited_.push_back({Awaited::What::transaction_id});
    asked_ = true;
  }
}

void PostgresConnection::enqueue_prepared(std::string_view text, std::span<const ColumnType> types,
                                          std::span<const Parameter> parameters) {
  const std::string name = name_of(text, types);
  const EncodedParameters encoded(parameters);
  expect_accepted(PQsendQueryPrepared(connection_.get(), name.c_str(), encoded.count(), encoded.values(),
                                      encoded.lengths(), encoded.formats(), 1));
}

/// The name under which the statement is prepared; has it prepared if it was not yet.
std::string PostgresConnection::name_of(std::string_view text, std::span<const ColumnType> types) {
  const StatementKey key{text.data(), text.size()};
  if (const auto known = prepared_.find(key); known != prepared_.end()) return known->second;
  const std::string name = "ostiary_" + std::to_string(names_given_++);
  std::vector<Oid> oids;
  for (const ColumnType type : types) oids.push_back(oid_of(type));
  expect_accepted(PQsendPrepare(connection_.get(), name.c_str(), std::string(text).c_str(),
                                static_cast<int>(oids.size()), oids.data()));
  awaited_.push_back({Awaited::What::preparation, key});
  prepared_[key] = name;
  return name;
}

/// Waits for the answers to all that was sent, and gives the last statement's. Throws the first error.
PostgresResult PostgresConnection::settle() {
  try {
    std::vector<PostgresResult> results = exchange();
    PostgresResult answer;
    for (std::size_t i = 0; i < awaited_.size(); ++i) {
      if (i == results.size()) throw ConnectionLost("PostgreSQL: the connection broke");
      take(i, results[i].get());
      if (awaited_[i].what == Awaited::What::statement) answer = std::move(results[i]);
    }
    awaited_.clear();
    answered_ = sent_;
    return answer;
  } catch (const ConnectionLost&) {
    drop();
    throw;
  }
}

/// The answer to what stands there. Throws if it is an error.
void PostgresConnection::take(std::size_t position, PGresult* result) {
  try {
    check_result(connection_.get(), result);
  } catch (const StorageError&) {
    // What stands behind the error was passed over.
    for (std::size_t i = position; i < awaited_.size(); ++i) prepared_.erase(awaited_[i].prepared);
    awaited_.clear();
    throw;
  }
  if (awaited_[position].sink) hand_over(result, awaited_[position].sink);
  if (awaited_[position].what != Awaited::What::transaction_id) return;
  // A statement that changed nothing gave the transaction no id.
  asked_ = PQgetisnull(result, 0, 0) == 0;
  if (asked_) transaction_id_ = PQgetvalue(result, 0, 0);
}

void PostgresConnection::run_script(std::string_view sql) {
  connect_if_needed();
  leave_pipeline();
  execute(std::string(sql));
  enter_pipeline();
}

PostgresConnection::Committed PostgresConnection::commit() {
  if (broke_) throw ConnectionLost("PostgreSQL: the connection broke inside the transaction");
  if (!begun_) return Committed::yes;
  // A COMMIT whose answer is lost is looked up by the transaction's id: it must be known before.
  if (asked_ && !transaction_id_) settle();
  try {
    enqueue_prepared(end_and_keep, {}, {});
    const std::size_t before = awaited_.size();
    const auto results = exchange();
    if (results.size() <= before) throw ConnectionLost("PostgreSQL: the connection broke");
    // After an error the server has passed over COMMIT: the transaction is still to be rolled back.
    for (std::size_t i = 0; i < before; ++i) take(i, results[i].get());
    awaited_.clear();
    begun_ = false;  // refused or not, the transaction is over
    check_result(connection_.get(), results.back().get());
    if (std::string_view(PQcmdStatus(results.back().get())) == "COMMIT") return Committed::yes;
    throw StorageError("PostgreSQL: the transaction had failed before its end");
  } catch (const ConnectionLost&) {
    // The answer is lost.
  } catch (const StorageError&) {
    if (connection_) throw;  // the server's answer, not its silence
  }
  drop();
  broke_ = false;  // the transaction is over, whatever became of it
  return wrote_ ? Committed::unknown : Committed::no;
}

void PostgresConnection::rollback() noexcept {
  broke_ = false;  // the transaction is over
  if (!begun_) return;
  begun_ = false;
  try {
    if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK) return drop();
    if (!awaited_.empty()) discard();
    expect_accepted(PQsendQueryParams(connection_.get(), "ROLLBACK", 0, nullptr, nullptr, nullptr, nullptr, 0));
    const auto results = exchange();
    if (results.empty()) return drop();
    check_result(connection_.get(), results.front().get());
  } catch (const std::exception&) {
    drop();
  }
}

/// Waits for the answers to all that was sent, whatever they are: after an error the server passes over what follows,
/// and a ROLLBACK must not be among it.
void PostgresConnection::discard() {
  try {
    settle();
  } catch (const ConnectionLost&) {
    throw;
  } catch (const StorageError&) {
    // It is undone in any case.
  }
}

std::optional<std::string> PostgresConnection::status_of(const std::string& transaction_id) {
  if (!connection_) throw ConnectionLost("PostgreSQL: the connection broke");
  leave_pipeline();
  const auto result =
      execute("SELECT pg_xact_status($1::text::xid8), pg_backend_pid()::text", {transaction_id.c_str()});
  enter_pipeline();
  if (PQgetisnull(result.get(), 0, 0) != 0 || PQgetvalue(result.get(), 0, 1) != session_) return std::nullopt;
  return PQgetvalue(result.get(), 0, 0);
}

StatementDescription::Column PostgresConnection::describe_column(const PGresult* description, int index) {
  StatementDescription::Column column;
  column.name = PQfname(description, index);
  column.type = type_of(PQftype(description, index));
  const std::string type = std::to_string(PQftype(description, index));
  column.type_name = PQgetvalue(execute("SELECT format_type($1::text::oid, NULL)", {type.c_str()}).get(), 0, 0);
  if (PQftable(description, index) == InvalidOid) return column;
  const std::string table = std::to_string(PQftable(description, index));
  const std::string number = std::to_string(PQftablecol(description, index));
  const auto origin = execute("SELECT c.relname || '.' || a.attname, a.attnotnull FROM pg_attribute a "
                              "JOIN pg_class c ON c.oid = a.attrelid "
                              "WHERE a.attrelid = $1::text::oid AND a.attnum = $2::text::int2",
                              {table.c_str(), number.c_str()});
  if (PQntuples(origin.get()) != 1) return column;
  column.origin = PQgetvalue(origin.get(), 0, 0);
  column.nullable = std::string_view(PQgetvalue(origin.get(), 0, 1)) == "f";
  return column;
}

StatementDescription PostgresConnection::describe(std::string_view text) {
  connect_if_needed();
  leave_pipeline();
  const PostgresResult prepared(PQprepare(connection_.get(), "", std::string(text).c_str(), 0, nullptr));
  const PostgresResult described(PQdescribePrepared(connection_.get(), ""));
  StatementDescription description;
  if (PQresultStatus(prepared.get()) == PGRES_COMMAND_OK) {
    for (int i = 0; i < PQnparams(described.get()); ++i)
      description.parameters.push_back(type_of(PQparamtype(described.get(), i)));
    for (int i = 0; i < PQnfields(described.get()); ++i)
      description.columns.push_back(describe_column(described.get(), i));
  }
  enter_pipeline();
  check_result(connection_.get(), prepared.get());
  return description;
}

}  // namespace ostiary::storage
