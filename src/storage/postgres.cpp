#include <mutex>

#include "storage/commit_witness.hpp"
#include "storage/database.hpp"
#include "storage/fifo_pool.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/retry.hpp"
#include "storage/statements.hpp"

namespace ostiary {
namespace {

using namespace std::chrono_literals;
using storage::PostgresConnection;

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const PostgresOptions& options) : options_(options), witness_(options) {
    auto first = std::make_unique<PostgresConnection>(options_);
    first->connect();
    expect_utf8(first->encoding());
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

  bool takes_writes() override {
    return *transaction(Isolation::read_committed, [](Transaction& tx) -> Result<bool> {
      return !tx.one(storage::statements::ask_read_only).is_read_only;
    });
  }

  bool change_schema(const std::function<bool(Connection&)>& step) override {
    PostgresOptions patient = options_;
    patient.statement_timeout = 0ms;
    bool changed = false;
    storage::retry([&] {
      PostgresConnection connection(patient);
      attempt_on(connection, Access::write, [&](Connection& open) {
        changed = step(open);
        return changed ? Verdict::commit : Verdict::rollback;
      });
    });
    return changed;
  }

  StatementDescription describe(std::string_view text) override { return borrow()->describe(text); }

 protected:
  void run(Access access, const std::function<Verdict(Connection&)>& attempt) override {
    const bool is_witnessed = access != Access::read && engine_ == Engine::postgres;
    if (is_witnessed) std::call_once(first_write_, [this] { witness_.stand_by(); });
    storage::retry([&] {
      std::optional<std::string> transaction_id;
      std::string server;
      const auto begun = storage::CommitWitness::Clock::now();
      {
        const auto connection = borrow();
        if (attempt_on(*connection, access, attempt) != PostgresConnection::Committed::unknown) {
          if (is_witnessed) witness_.stand_by();
          return;
        }
        transaction_id = connection->transaction_id();
        server = connection->server();
      }
      if (!transaction_id) throw StorageError("PostgreSQL: it is unknown whether a transaction was committed");
      witness_.expect_committed(*transaction_id, server, begun);
    });
  }

 private:
  using Pool = storage::FifoPool<PostgresConnection>;

  /// Others can't hold every name. A pooler that says nothing is believed.
  static void expect_utf8(const std::string& encoding) {
    if (encoding.empty() || encoding == "UTF8") return;
    throw StartupError("the database's encoding is " + encoding +
                       ", and must be UTF8: make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
  }

  Pool::Loan borrow() {
    auto loan = pool_.borrow(options_.acquire_timeout);
    if (!loan) throw StorageError("PostgreSQL: no connection came free in time");
    return *std::move(loan);
  }

  static PostgresConnection::Mode mode_of(Access access) {
    switch (access) {
      case Access::write: return PostgresConnection::Mode::write;
      case Access::write_committed: return PostgresConnection::Mode::write_committed;
      case Access::read: break;
    }
    return PostgresConnection::Mode::read;
  }

  static PostgresConnection::Committed attempt_on(PostgresConnection& connection, Access access,
                                                  const std::function<Verdict(Connection&)>& attempt) {
    connection.begin(mode_of(access));
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

  const PostgresOptions options_;
  Engine engine_ = Engine::postgres;
  std::string description_;
  storage::CommitWitness witness_;
  std::once_flag first_write_;
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
