#include "bare_refresh.hpp"

#include <array>
#include <atomic>
#include <map>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "bare_sqlite.hpp"
#include "order.hpp"
#include "sessions/statements.hpp"
#include "storage/postgres_values.hpp"

namespace ostiary::bench {
namespace {

using namespace std::chrono_literals;

/// What a driver does: begin, run a prepared statement, commit. `run` is false when the transaction lost against
/// another and has to run again.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual bool begin() = 0;
  virtual bool run(std::string_view sql, std::span<const Parameter> parameters) = 0;
  virtual bool commit() = 0;
  virtual void rollback() = 0;
};

class SqliteDriver final : public Driver {
 public:
  explicit SqliteDriver(const std::filesystem::path& file) : sqlite_(file) {
    sqlite_.script("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
  }
  bool begin() override { return run("BEGIN IMMEDIATE", {}); }
  bool run(std::string_view sql, std::span<const Parameter> parameters) override {
    sqlite_.run(sql, parameters);
    return true;
  }
  bool commit() override { return run("COMMIT", {}); }
  void rollback() override { run("ROLLBACK", {}); }

 private:
  BareSqlite sqlite_;
};

class PostgresDriver final : public Driver {
 public:
  explicit PostgresDriver(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
    // A COMMIT that lost against another leaves nothing to roll back, which the server remarks upon.
    PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
    const PostgresResult set(PQexec(connection_.get(), "SET enable_seqscan = off"));
  }
  bool begin() override { return run("BEGIN ISOLATION LEVEL SERIALIZABLE", {}); }
  bool run(std::string_view sql, std::span<const Parameter> parameters) override {
    auto [known, is_new] = names_.try_emplace(sql.data(), "s" + std::to_string(names_.size()));
    if (is_new) {
      const PostgresResult prepared(
          PQprepare(connection_.get(), known->second.c_str(), std::string(sql).c_str(), 0, nullptr));
    }
    const storage::EncodedParameters encoded(parameters);
    const PostgresResult result(PQexecPrepared(connection_.get(), known->second.c_str(), encoded.count(),
                                               encoded.values(), encoded.lengths(), encoded.formats(), 1));
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return true;
    const std::string_view state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (state == "40001" || state == "40P01") return false;
    throw std::runtime_error(PQresultErrorMessage(result.get()));
  }
  bool commit() override { return run("COMMIT", {}); }
  void rollback() override { run("ROLLBACK", {}); }

 private:
  PostgresHandle connection_;
  std::map<const char*, std::string> names_;
};

std::unique_ptr<Driver> connect(const Place& place) {
  if (place.is_sqlite()) return std::make_unique<SqliteDriver>(place.sqlite_file());
  return std::make_unique<PostgresDriver>(place.conninfo());
}

}  // namespace

class BareRefresh::Client {
 public:
  Client(const Place& place, const Seed& seed, std::size_t number, std::size_t of) : driver_(connect(place)) {
    for (const auto user : order_of(seed.users(), number, of)) chains_.push_back(Seed::chain(user));
  }

  /// Until `stop`; how many.
  std::size_t run(const std::atomic<bool>& stop) {
    std::size_t done = 0;
    for (; !stop; ++done) {
      const ChainId chain = chains_[next_++ % chains_.size()];
      while (!rotate(chain)) driver_->rollback();
    }
    return done;
  }

 private:
  template <class Row, class... Params>
  bool send(const Statement<Row(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    const std::array<Parameter, sizeof...(Params)> values{Stored<Params>::to(params)...};
    return driver_->run(statement.text, values);
  }

  bool rotate(ChainId chain) {
    const Time now = clock_.now();
    Digest successor;
    random_.fill(successor);
    return driver_->begin() && send(sessions::statements::roles_by_chain, chain) &&
           send(sessions::statements::find_chain, chain) &&
           send(sessions::statements::rotate_chain, chain, successor, now, now + 7 * 24h) && driver_->commit();
  }

  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<Driver> driver_;
  std::vector<ChainId> chains_;
  std::size_t next_ = 0;
};

BareRefresh::BareRefresh(const Place& place, const Seed& seed, std::size_t clients) {
  const auto threads = place.is_sqlite() ? 1 : clients;
  for (std::size_t i = 0; i < threads; ++i) clients_.push_back(std::make_unique<Client>(place, seed, i, threads));
}

BareRefresh::~BareRefresh() = default;

double BareRefresh::run(std::chrono::steady_clock::duration duration) {
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> done = 0;
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (const auto& client : clients_) threads.emplace_back([&] { done += client->run(stop); });
    std::this_thread::sleep_for(duration);
    stop = true;
  }
  return static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace ostiary::bench
