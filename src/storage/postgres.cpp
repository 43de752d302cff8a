#include <thread>

#include "storage/database.hpp"
#include "storage/fifo_pool.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/retry.hpp"

namespace ostiary {
namespace {

using namespace std::chrono_literals;
using storage::PostgresConnection;

constexpr auto look_up_for = 10s;
constexpr auto look_up_interval = 50ms;

/// Any number will do that nobody else takes for an advisory lock of this database.
constexpr std::string_view lock_schema = "SELECT pg_advisory_lock(7310293815246071837)";

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const PostgresOptions& options) : options_(options) {
    auto first = std::make_unique<PostgresConnection>(options_);
    first->connect();
    engine_ = first->is_cockroach() ? Engine::cockroach : Engine::postgres;
    description_ = first->version().substr(0, first->version().find(" ("));
    pool_.add(std::move(first));
    for (int i = 1; i < options_.connections; ++i) pool_.add(std::make_unique<PostgresConnection>(options_));
  }

  Engine engine() const override { return engine_; }
  std::string description() const override { return description_; }

  std::vector<PoolUse> pools() const override {
    const auto [idle, waiting] = pool_.use();
    return {{"connection", static_cast<std::size_t>(options_.connections), idle, waiting}};
  }

  /// Each attempt has a connection of its own: ending it ends the lock.
  void change_schema(const std::function<bool(Connection&)>& step) override {
    PostgresOptions patient = options_;
    patient.statement_timeout = 0ms;
    storage::retry([&] {
      PostgresConnection connection(patient);
      connection.run_script(lock_schema);
      bool more = true;
      while (more)
        attempt_on(connection, Access::write, [&](Connection& open) {
          more = step(open);
          return more ? Verdict::commit : Verdict::rollback;
        });
    });
  }

  StatementDescription describe(std::string_view text) override { return borrow()->describe(text); }

 protected:
  void run(Access access, const std::function<Verdict(Connection&)>& attempt) override {
    storage::retry([&] {
      std::optional<std::string> transaction_id;
      {
        const auto connection = borrow();
        if (attempt_on(*connection, access, attempt) != PostgresConnection::Committed::unknown) return;
        transaction_id = connection->transaction_id();
      }
      if (!transaction_id) throw StorageError("PostgreSQL: it is unknown whether a transaction was committed");
      look_up(*transaction_id);
    });
  }

 private:
  using Pool = storage::FifoPool<PostgresConnection>;

  Pool::Loan borrow() {
    auto loan = pool_.borrow(options_.acquire_timeout);
    if (!loan) throw StorageError("PostgreSQL: no connection came free in time");
    return *std::move(loan);
  }

  static PostgresConnection::Committed attempt_on(PostgresConnection& connection, Access access,
                                                  const std::function<Verdict(Connection&)>& attempt) {
    connection.begin(access == Access::write);
    auto committed = PostgresConnection::Committed::yes;
    try {
      if (attempt(connection) == Verdict::commit) {
        committed = connection.commit();
      } else {
        connection.rollback();
      }
    } catch (...) {
      connection.rollback();
      throw;
    }
    if (committed == PostgresConnection::Committed::no)
      throw storage::ConnectionLost("PostgreSQL: the connection broke before anything was written");
    return committed;
  }

  /// Asks on another connection what became of a transaction whose COMMIT was not answered; the server may need some
  /// time to notice, or to recover. Returns if it was committed, throws ConnectionLost if it was not.
  void look_up(const std::string& transaction_id) {
    const auto deadline = std::chrono::steady_clock::now() + look_up_for;
    while (std::chrono::steady_clock::now() < deadline) {
      const std::string status = ask_status(transaction_id);
      if (status == "committed") return;
      if (status == "aborted") throw storage::ConnectionLost("PostgreSQL: a transaction was lost with its connection");
      if (status == "forgotten") break;
      std::this_thread::sleep_for(look_up_interval);
    }
    throw StorageError("PostgreSQL: it is unknown whether a transaction was committed");
  }

  std::string ask_status(const std::string& transaction_id) {
    try {
      return borrow()->status_of(transaction_id).value_or("forgotten");
    } catch (const StorageError&) {
      return "no answer";  // the server is going down or coming back
    }
  }

  const PostgresOptions options_;
  Engine engine_ = Engine::postgres;
  std::string description_;
  Pool pool_;
};

}  // namespace

std::unique_ptr<Database> open_postgres(const PostgresOptions& options) {
  try {
    return std::make_unique<PostgresDatabase>(options);
  } catch (const StorageError& error) {
    throw StartupError(error.what());
  }
}

}  // namespace ostiary
