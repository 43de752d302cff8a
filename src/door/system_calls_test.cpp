#include "door/system_calls.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "every_engine/test_database.hpp"

namespace ostiary::door {
namespace {

/// A database that is away.
class AwayDatabase final : public Database {
 public:
  Engine engine() const override { return Engine::postgres; }
  std::string description() const override { return "away"; }
  std::vector<PoolUse> pools() const override { return {}; }
  bool takes_writes() override { throw StorageError("db.internal:5432 is away"); }
  bool change_schema(const std::function<bool(Connection&)>&) override {
    throw StorageError("db.internal:5432 is away");
  }
  StatementDescription describe(std::string_view) override { throw StorageError("db.internal:5432 is away"); }

 protected:
  void run(Access, const std::function<Verdict(Connection&)>&) override {
    throw StorageError("db.internal:5432 is away");
  }
};

/// A database that is well but for taking no writes, as after a fail-over.
class ReadOnlyDatabase final : public Database {
 public:
  explicit ReadOnlyDatabase(Database& db) : db_(db) {}
  Engine engine() const override { return db_.engine(); }
  std::string description() const override { return db_.description(); }
  std::vector<PoolUse> pools() const override { return db_.pools(); }
  bool takes_writes() override { return false; }
  bool change_schema(const std::function<bool(Connection&)>& step) override { return db_.change_schema(step); }
  StatementDescription describe(std::string_view text) override { return db_.describe(text); }

 protected:
  void run(Access access, const std::function<Verdict(Connection&)>& attempt) override {
    // Whatever derives from Database may name `run` of another only in this way.
    struct Open : Database {
      using Database::run;
    };
    (db_.*&Open::run)(access, attempt);
  }

 private:
  Database& db_;
};

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

class Readiness : public ::testing::Test {
 protected:
  /// What `not_ready` names; empty where the server is ready.
  std::string not_ready(Database& database) {
    const storage::Migrator migrator(database);
    SystemDeps deps{keys, draining, database, migrator, [this] { return jobs_are_run; }, log, "https://id.example.org"};
    const auto reply = ready(deps, {}, {});
    if (reply) {
      EXPECT_EQ(reply->status(), "ok");
      return "";
    }
    EXPECT_EQ(reply.error().why, Refusal::unavailable);
    EXPECT_TRUE(reply.error().retry_after);
    EXPECT_EQ(reply.error().detail.find("db.internal"), std::string::npos) << "strangers read it";
    EXPECT_EQ(reply.error().facts.size(), 1U);
    EXPECT_EQ(reply.error().facts.front().first, "not_ready");
    return std::get<std::string>(reply.error().facts.front().second);
  }

  void execute(const Statement<void()>& statement) {
    ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<bool> {
      tx.execute(statement);
      return true;
    }));
  }

  testing::TestDatabase db;
  SystemClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
  vault::ServerKeys keys{*db, clock, ids, random, Secret(std::string(32, 'k')), crypto::JwsAlgorithm::es256};
  SilentLog log;
  AwayDatabase away;
  std::atomic<bool> draining = false;
  bool jobs_are_run = true;
};

TEST_F(Readiness, HoldsWhereNothingIsMissing) { EXPECT_EQ(not_ready(*db), ""); }

TEST_F(Readiness, NamesWhatIsMissing) {
  jobs_are_run = false;
  EXPECT_EQ(not_ready(*db), "jobs");
  EXPECT_EQ(not_ready(away), "storage jobs");
  jobs_are_run = true;
  EXPECT_EQ(not_ready(away), "storage");
}

TEST_F(Readiness, EndsWhereNothingCanBeWritten) {
  ReadOnlyDatabase read_only(*db);
  EXPECT_EQ(not_ready(read_only), "storage");
}

TEST_F(Readiness, AsksNothingWhileItDrains) {
  draining = true;
  EXPECT_EQ(not_ready(away), "draining");
}

TEST_F(Readiness, EndsWhenTheSchemaIsNotThisPrograms) {
  static constexpr Statement<void()> restore_an_old_backup{"DELETE FROM schema_migrations WHERE number > 1"};
  execute(restore_an_old_backup);
  EXPECT_EQ(not_ready(*db), "schema");
}

TEST_F(Readiness, StaysWhileANewerVersionMigrates) {
  static constexpr Statement<void()> a_newer_version_comes{"INSERT INTO schema_migrations (number, name, checksum, "
                                                           "applied_at) VALUES (9999, '9999_later', zeroblob(32), 0)"};
  execute(a_newer_version_comes);
  EXPECT_EQ(not_ready(*db), "");
}

}  // namespace
}  // namespace ostiary::door
