// What PostgreSQL alone can do to us: connections that break, commits whose answer is lost (B25).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/text.hpp"
#include "breaking_proxy.hpp"
#include "every_engine.hpp"
#include "postgres_server.hpp"
#include "rows.hpp"
#include "scaffolding/debian_postgres.hpp"
#include "storage/statements.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

inline constexpr Statement<void()> insert_counter{"INSERT INTO counters (name, value) VALUES ('counter', 0)"};
inline constexpr Statement<Number()> find_counter{"SELECT value FROM counters WHERE name = 'counter'"};
inline constexpr Statement<void(std::int64_t)> set_counter{"UPDATE counters SET value = $1 WHERE name = 'counter'"};
struct Name {
  std::string name;
};
inline constexpr Statement<Name()> find_name{"SELECT current_database()::text AS name"};
inline constexpr Statement<Number()> sleep_long{"SELECT count(*) FROM pg_sleep(30)"};

class OnPostgres : public ::testing::TestWithParam<TestedEngine> {
 protected:
  void SetUp() override {
    database->change_schema([](Connection& connection) {
      connection.run_script("CREATE TABLE counters (name text PRIMARY KEY, value bigint NOT NULL)");
      return true;
    });
    const auto done = database->transaction([](Transaction& tx) -> Result<void> {
      tx.execute(insert_counter);
      return {};
    });
    ASSERT_TRUE(done);
  }

  static std::int64_t raise(Database& db, int* runs = nullptr) {
    return *db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
      if (runs != nullptr) ++*runs;
      const std::int64_t next = tx.one(find_counter).value + 1;
      tx.execute(set_counter, next);
      return next;
    });
  }

  std::int64_t value() {
    return *database->read([](Transaction& tx) -> Result<std::int64_t> { return tx.one(find_counter).value; });
  }

  EngineDatabase database{GetParam(), EngineDatabase::Content::empty};
};
INSTANTIATE_TEST_SUITE_P(Versions, OnPostgres,
                         ::testing::Values(TestedEngine::postgres_debian, TestedEngine::postgres_newer),
                         [](const auto& info) { return name_of(info.param); });

TEST_P(OnPostgres, ConnectionsThatTheServerEndedAreReplaced) {
  for (int round = 1; round <= 3; ++round) {
    database.end_connections();
    EXPECT_EQ(raise(*database), round);
    EXPECT_EQ(value(), round);
  }
}

TEST_P(OnPostgres, ATransactionThatLosesItsConnectionRunsAgain) {
  int runs = 0;
  const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
    const std::int64_t next = tx.one(find_counter).value + 1;
    tx.execute(set_counter, next);
    if (++runs == 1) database.end_connections();
    tx.execute(set_counter, next);
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(value(), 1);
}

TEST_P(OnPostgres, ACommitThatNeverArrivedIsRepeated) {
  BreakingProxy proxy(database.conninfo());
  const auto through = open_postgres({.conninfo = proxy.conninfo()});
  proxy.breaks(BreakingProxy::Break::before_commit);
  int runs = 0;
  EXPECT_EQ(raise(*through, &runs), 1);
  EXPECT_EQ(proxy.broken(), 1);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(value(), 1);
}

TEST_P(OnPostgres, ACommitWhoseAnswerWasLostIsLookedUpAndNotRepeated) {
  BreakingProxy proxy(database.conninfo());
  const auto through = open_postgres({.conninfo = proxy.conninfo()});
  proxy.breaks(BreakingProxy::Break::after_commit);
  int runs = 0;
  EXPECT_EQ(raise(*through, &runs), 1);
  EXPECT_EQ(proxy.broken(), 1);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(value(), 1);
  EXPECT_EQ(raise(*through), 2);
}

TEST_P(OnPostgres, AReadWhoseCommitWasLostIsRepeated) {
  BreakingProxy proxy(database.conninfo());
  const auto through = open_postgres({.conninfo = proxy.conninfo()});
  proxy.breaks(BreakingProxy::Break::after_commit);
  int runs = 0;
  const auto seen = through->read([&](Transaction& tx) -> Result<std::int64_t> {
    ++runs;
    return tx.one(find_counter).value;
  });
  EXPECT_EQ(seen, 0);
  EXPECT_EQ(runs, 2);
}

// Nobody is left who could tell: neither a success that may be none, nor a second try that may be one too many.
TEST_P(OnPostgres, ACommitThatLostItsAnswerAndItsWitnessIsAnErrorAndNotRepeated) {
  BreakingProxy proxy(database.conninfo());
  const auto through = open_postgres({.conninfo = proxy.conninfo()});
  EXPECT_EQ(raise(*through), 1);
  proxy.breaks(BreakingProxy::Break::all_after_commit);
  int runs = 0;
  EXPECT_THAT([&] { raise(*through, &runs); }, ThrowsMessage<StorageError>(HasSubstr("unknown")));
  EXPECT_EQ(proxy.broken(), 1);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(value(), 2);
  EXPECT_EQ(raise(*through), 3);
}

// D1, D2: whatever was acknowledged is there, and nothing is there twice, while connections are cut at any moment.
TEST_P(OnPostgres, NothingIsLostOrDoubledWhileConnectionsBreak) {
  std::atomic<int> acknowledged = 0;
  std::atomic<int> failed = 0;
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> raisers;
    for (int i = 0; i < 3; ++i) {
      raisers.emplace_back([&] {
        while (!done) {
          try {
            raise(*database);
            ++acknowledged;
          } catch (const StorageError& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("unknown")));
            ++failed;
          }
        }
      });
    }
    for (int round = 0; round < 12; ++round) {
      std::this_thread::sleep_for(20ms);
      database.end_connections(EngineDatabase::Ended::all_but_witnesses);
    }
    done = true;
  }
  EXPECT_EQ(value(), acknowledged);
  EXPECT_GT(acknowledged, 12);
}

TEST_P(OnPostgres, AStatementThatTakesTooLongIsAnErrorAndTheConnectionStaysUsable) {
  const auto hasty = open_postgres({.conninfo = database.conninfo(), .connections = 1, .statement_timeout = 100ms});
  const auto started = std::chrono::steady_clock::now();
  EXPECT_THROW(static_cast<void>(hasty->read([](Transaction& tx) -> Result<Number> { return tx.one(sleep_long); })),
               StorageError);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
  EXPECT_EQ(raise(*hasty), 1);
}

TEST_P(OnPostgres, AServerThatFallsSilentIsGivenUp) {
  BreakingProxy proxy(database.conninfo());
  const auto hasty = open_postgres({.conninfo = proxy.conninfo(), .connections = 1, .statement_timeout = 100ms});
  EXPECT_EQ(raise(*hasty), 1);
  proxy.freeze(true);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_THROW(static_cast<void>(raise(*hasty)), StorageError);
  EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);
  proxy.freeze(false);
  EXPECT_EQ(raise(*hasty), 2);
}

TEST_P(OnPostgres, TellsThatItTakesNoWrites) {
  EXPECT_TRUE(database->takes_writes());
  EXPECT_EQ(value(), 0);
  const auto name = *database->read([](Transaction& tx) -> Result<std::string> { return tx.one(find_name).name; });
  const auto set_read_only = [&](const std::string& value) {
    auto& server = GetParam() == TestedEngine::postgres_debian ? PostgresServer::debian() : PostgresServer::newer();
    server.administer("ALTER DATABASE " + name + " SET default_transaction_read_only = " + value);
    database.end_connections();
  };
  set_read_only("on");
  EXPECT_FALSE(database->takes_writes());
  EXPECT_EQ(value(), 0) << "reads go on";
  set_read_only("off");
  EXPECT_TRUE(database->takes_writes());
}

TEST_P(OnPostgres, WaitingForAConnectionIsBounded) {
  const auto narrow = open_postgres({.conninfo = database.conninfo(), .connections = 1, .acquire_timeout = 50ms});
  const auto taken = narrow->read([&](Transaction&) -> Result<void> {
    EXPECT_THROW(raise(*narrow), StorageError);
    return {};
  });
  EXPECT_TRUE(taken);
  EXPECT_EQ(raise(*narrow), 1);
}

TEST(OpenPostgres, ServersThatDoNotAnswerAndMalformedStringsAreStartupErrorsWithoutSecrets) {
  for (const std::string conninfo :
       {"host=/nonexistent user=ostiary password=hunter2", "host=127.0.0.1 port=1 user=ostiary password=hunter2",
        "hunter2=", "postgresql://ostiary:hunter2@127.0.0.1:1/db", "postgresql://:hunter2@[/"}) {
    try {
      open_postgres({.conninfo = conninfo});
      ADD_FAILURE() << conninfo;
    } catch (const StartupError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    }
  }
}

// Names would be refused, one by one, when people come.
TEST(OpenPostgres, ADatabaseOfAnotherEncodingIsAStartupError) {
  auto& server = PostgresServer::debian();
  for (const std::string encoding : {"SQL_ASCII", "LATIN1"}) {
    auto conninfo = server.make_database(false);
    const std::string name = "encoded_" + lower_case(encoding);
    server.administer("CREATE DATABASE " + name + " ENCODING '" + encoding +
                      "' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    const auto dbname = conninfo.find("dbname=");
    ASSERT_NE(dbname, std::string::npos) << conninfo;
    const auto end = std::min(conninfo.find(' ', dbname), conninfo.size());
    conninfo.replace(dbname, end - dbname, "dbname=" + name);
    EXPECT_THAT([&] { open_postgres({.conninfo = conninfo, .connections = 1}); },
                ThrowsMessage<StartupError>(HasSubstr("encoding is " + encoding + ", and must be UTF8")));
  }
}

TEST(OpenPostgres, DescribesTheServer) {
  const EngineDatabase debian(TestedEngine::postgres_debian, EngineDatabase::Content::empty);
  const EngineDatabase newer(TestedEngine::postgres_newer, EngineDatabase::Content::empty);
  EXPECT_THAT(debian->description(),
              HasSubstr("PostgreSQL " + debian_postgres_programs().parent_path().filename().string()));
  EXPECT_THAT(newer->description(), HasSubstr("PostgreSQL 18"));
  EXPECT_EQ(newer->engine(), Engine::postgres);
}

// A crash of the server in the middle of things: what was acknowledged is there (B30).
TEST(OpenPostgres, ACrashOfTheServerLosesNothingAcknowledged) {
  EngineDatabase database(TestedEngine::postgres_newer);
  const Uuid id{{1, 2, 3}};
  static constexpr Statement<void(Uuid)> insert{"INSERT INTO roles (id, name) VALUES ($1, 'crash')"};
  static constexpr Statement<Number()> count{"SELECT count(*) FROM roles WHERE name = 'crash'"};
  const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
    tx.execute(insert, id);
    return {};
  });
  ASSERT_TRUE(done);
  PostgresServer::newer().crash_and_restart();
  EXPECT_EQ(*database->read([](Transaction& tx) -> Result<std::int64_t> { return tx.one(count).value; }), 1);
}

}  // namespace
}  // namespace ostiary::testing
