// Migrations on every engine (R0.11): forward only, checksummed, under a lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "every_engine.hpp"
#include "rows.hpp"
#include "storage/migrate.hpp"
#include "storage/schema_lock.hpp"
#include "storage/statements.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using embedded::File;
using storage::Migrator;
using storage::SchemaLock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

inline constexpr Statement<Number()> count_first{"SELECT count(*) FROM first"};
inline constexpr Statement<Number()> sum_first{"SELECT cast(coalesce(sum(value), 0) AS bigint) FROM first"};

constexpr File first{"0001_first.sql", "CREATE TABLE first (value bigint); INSERT INTO first (value) VALUES (1);"};
constexpr File second{"0002_second.sql", R"sql(
  -- a body with semicolons; and quotes '
  CREATE FUNCTION silent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END; $$;
  INSERT INTO first (value) VALUES (10))sql"};
constexpr File second_sqlite{"0002_second.sqlite.sql", R"sql(
  CREATE TRIGGER silent AFTER DELETE ON first BEGIN SELECT ';'; SELECT 2; END;
  INSERT INTO first (value) VALUES (10))sql"};
constexpr File broken{"0003_third.sql", "INSERT INTO first (value) VALUES (100); INSERT INTO nowhere (x) VALUES (1);"};
constexpr File third{"0003_third.sql", "INSERT INTO first (value) VALUES (100);"};

const std::vector<File> one{first};
const std::vector<File> two{first, second, second_sqlite};
const std::vector<File> three{first, second, second_sqlite, third};
const std::vector<File> three_broken{first, second, second_sqlite, broken};

class Migrate : public ::testing::TestWithParam<TestedEngine> {
 protected:
  template <class Row>
  std::int64_t ask(const Statement<Row()>& statement) {
    return *database->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(statement).value; });
  }
  std::vector<std::string> migrate(const std::vector<File>& files) {
    return names(Migrator(*database, files).migrate(SystemClock()));
  }
  std::vector<std::string> pending(const std::vector<File>& files) {
    return names(Migrator(*database, files).pending());
  }

  /// The message with which the program would not start; empty when it would.
  std::string refusal(const std::vector<File>& files, bool migrate_on_start = false) {
    try {
      Migrator(*database, files).prepare_to_serve(migrate_on_start, SystemClock());
      return "";
    } catch (const StartupError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      return error.what();
    }
  }

  static std::vector<std::string> names(const std::vector<storage::Migration>& migrations) {
    std::vector<std::string> names;
    for (const auto& migration : migrations) names.push_back(migration.name);
    return names;
  }

  EngineDatabase database{GetParam(), EngineDatabase::Content::empty};
};
ON_EVERY_ENGINE(Migrate);

TEST_P(Migrate, AppliesWhatIsMissingOnceAndInOrder) {
  EXPECT_THAT(migrate(one), ElementsAre("0001_first"));
  EXPECT_THAT(migrate(three), ElementsAre("0002_second", "0003_third"));
  EXPECT_THAT(migrate(three), IsEmpty());
  EXPECT_EQ(ask(sum_first), 111);
}

TEST_P(Migrate, ADryRunAndTheStatusChangeNothing) {
  EXPECT_THAT(pending(two), ElementsAre("0001_first", "0002_second"));
  EXPECT_THAT(Migrator(*database, two).applied(), IsEmpty());
  EXPECT_THAT(pending(two), ElementsAre("0001_first", "0002_second"));
  migrate(one);
  EXPECT_THAT(pending(two), ElementsAre("0002_second"));
  const auto applied = Migrator(*database, two).applied();
  ASSERT_EQ(applied.size(), 1u);
  EXPECT_EQ(applied[0].name, "0001_first");
  EXPECT_LT(SystemClock().now() - applied[0].applied_at, std::chrono::minutes(1));
}

TEST_P(Migrate, AFailureLeavesWhatCameBeforeAndNothingOfItself) {
  EXPECT_THROW(migrate(three_broken), StorageError);
  EXPECT_EQ(ask(sum_first), 11);
  EXPECT_THAT(migrate(three), ElementsAre("0003_third"));
  EXPECT_EQ(ask(sum_first), 111);
}

TEST_P(Migrate, SeveralAtOnceApplyEachMigrationOnce) {
  std::atomic<std::size_t> applied = 0;
  {
    std::vector<std::jthread> instances;
    for (int i = 0; i < 4; ++i) {
      instances.emplace_back([&] {
        const auto own = database.open();
        applied += Migrator(*own, three).migrate(SystemClock()).size();
      });
    }
  }
  EXPECT_EQ(applied, 3u);
  EXPECT_EQ(ask(sum_first), 111);
}

/// The machine's clock, moved on by a test; counts who looked at it.
class ShiftedClock final : public Clock {
 public:
  Time now() const override {
    ++looks_;
    return SystemClock().now() + moved_.load();
  }
  void moves_on(Duration by) { moved_ = moved_.load() + by; }

  /// Until somebody has looked at it so many times more.
  void is_looked_at(int times) const {
    for (const int enough = looks_ + times; looks_ < enough;) std::this_thread::sleep_for(1ms);
  }

 private:
  mutable std::atomic<int> looks_ = 0;
  std::atomic<Duration> moved_{};
};

class SchemaLockOnEveryEngine : public Migrate {
 protected:
  std::optional<storage::SchemaLease> lease() {
    return *database->read([](Transaction& tx) -> Result<std::optional<storage::SchemaLease>> {
      return tx.optional(storage::statements::find_schema_lease);
    });
  }

  ShiftedClock clock;
};
ON_EVERY_ENGINE(SchemaLockOnEveryEngine);

TEST_P(SchemaLockOnEveryEngine, OneHasItAndTheNextWaitsUntilItIsGivenBack) {
  auto first = std::make_unique<SchemaLock>(*database, clock);
  std::atomic<bool> has_it = false;
  std::jthread second([&] {
    const auto own = database.open();
    const SchemaLock lock(*own, clock);
    has_it = true;
  });
  clock.is_looked_at(3);
  EXPECT_FALSE(has_it);
  first.reset();
  second.join();
  EXPECT_TRUE(has_it);
  EXPECT_FALSE(lease()) << "nothing is left of it";
}

TEST_P(SchemaLockOnEveryEngine, ItIsRenewedWhileItIsHeld) {
  const SchemaLock lock(*database, clock, 1ms);
  const auto owner = lease()->owner;
  clock.moves_on(storage::schema_lease_length * 2);
  while (!is_in_force(*lease(), clock.now())) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(lease()->owner, owner);
}

TEST_P(SchemaLockOnEveryEngine, ALeaseThatNobodyRenewsRunsOut) {
  static_cast<void>(SchemaLock(*database, clock));  // makes the table
  static_cast<void>(database->transaction([&](Transaction& tx) -> Result<std::int64_t> {
    return tx.execute(storage::statements::take_schema_lock, Uuid{}, "process 1 on there",
                      clock.now() + storage::schema_lease_length);
  }));
  std::atomic<bool> has_it = false;
  std::jthread next([&] {
    const auto own = database.open();
    const SchemaLock lock(*own, clock);
    has_it = true;
  });
  clock.is_looked_at(3);
  EXPECT_FALSE(has_it);
  clock.moves_on(storage::schema_lease_length);
  next.join();
}

constexpr File endless{"0002_second.sql", "CREATE TABLE half_done (id bigint); SELECT pg_sleep(600)"};
constexpr File endless_sqlite{"0002_second.sqlite.sql", R"sql(
  CREATE TABLE half_done (id bigint);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)sql"};
constexpr const char* child_file = "OSTIARY_TEST_MIGRATED_FILE";
constexpr const char* child_conninfo = "OSTIARY_TEST_MIGRATED_CONNINFO";

/// The child's part: a second migration that does not end.
TEST(MigrateChild, DISABLED_MigratesUntilItIsKilled) {
  const char* file = std::getenv(child_file);
  const char* conninfo = std::getenv(child_conninfo);
  ASSERT_TRUE(file != nullptr || conninfo != nullptr);
  const auto database = file != nullptr ? open_sqlite({.path = file}) : open_postgres({.conninfo = conninfo});
  Migrator(*database, std::vector{first, endless, endless_sqlite}).migrate(SystemClock());
}

/// This program again, told to be the child.
pid_t start_migrating(const EngineDatabase& database) {
  const std::string setting = database.is_sqlite() ? std::string(child_file) + "=" + database.file().string()
                                                   : std::string(child_conninfo) + "=" + database.conninfo();
  const char* arguments[] = {"/proc/self/exe", "--gtest_brief=1", "--gtest_filter=MigrateChild.*",
                             "--gtest_also_run_disabled_tests", nullptr};
  const char* environment[] = {setting.c_str(), nullptr};
  const pid_t process = fork();
  if (process == 0) {
    execve(arguments[0], const_cast<char**>(arguments), const_cast<char**>(environment));
    _exit(127);
  }
  return process;
}

TEST_P(SchemaLockOnEveryEngine, AMigratorThatIsKilledHoldsTheNextOneUpNoLongerThanItsLease) {
  const pid_t killed = start_migrating(database);
  while (Migrator(*database, three).applied().empty()) std::this_thread::sleep_for(1ms);
  ASSERT_TRUE(lease());
  kill(killed, SIGKILL);
  waitpid(killed, nullptr, 0);
  if (!database.is_sqlite()) database.end_connections();  // the server would finish the statement first

  std::vector<std::string> applied;
  std::atomic<bool> is_done = false;
  std::atomic<int> was_told = 0;
  std::jthread next([&] {
    const auto own = database.open();
    applied = names(Migrator(*own, three).migrate(clock, [&](const storage::SchemaLease& lease) {
      EXPECT_THAT(lease.holder, HasSubstr("process " + std::to_string(killed) + " on "));
      EXPECT_TRUE(is_in_force(lease, clock.now()));
      was_told.fetch_add(1);
    }));
    is_done = true;
  });
  clock.is_looked_at(3);
  EXPECT_FALSE(is_done);
  clock.moves_on(storage::schema_lease_length);
  next.join();
  EXPECT_THAT(applied, ElementsAre("0002_second", "0003_third"));
  EXPECT_GE(was_told, 1) << "whoever waits says for whom";
  EXPECT_EQ(ask(sum_first), 111);
}

TEST_P(Migrate, AnEmptyDatabaseIsMigratedAtTheStart) {
  EXPECT_EQ(refusal(two), "");
  EXPECT_EQ(ask(sum_first), 11);
  EXPECT_EQ(refusal(two), "");
}

TEST_P(Migrate, AnOlderSchemaIsMigratedAtTheStartOnSqliteOrWhenAllowed) {
  migrate(one);
  if (!database.is_sqlite()) {
    EXPECT_THAT(refusal(two), HasSubstr("ostiary migrate"));
    EXPECT_EQ(ask(count_first), 1);
  }
  EXPECT_EQ(refusal(two, true), "");
  EXPECT_EQ(ask(sum_first), 11);
}

TEST_P(Migrate, ANewerSchemaIsRefused) {
  migrate(three);
  EXPECT_THAT(refusal(two, true), HasSubstr("newer version"));
  EXPECT_THROW(migrate(two), StartupError);
}

TEST_P(Migrate, AMigrationThatWasChangedAfterwardsIsRefused) {
  migrate(one);
  const std::vector<File> changed{{"0001_first.sql", "CREATE TABLE first (value bigint)"}, second, second_sqlite};
  EXPECT_THAT(refusal(changed, true), HasSubstr("changed"));
  EXPECT_THROW(migrate(changed), StartupError);
  EXPECT_EQ(ask(sum_first), 1);
}

TEST_P(Migrate, SomebodyElsesTablesAreLeftAlone) {
  database->change_schema([](Connection& connection) {
    connection.run_script("CREATE TABLE theirs (value bigint)");
    return true;
  });
  EXPECT_THAT(refusal(one, true), HasSubstr("not Ostiary's"));
  EXPECT_THROW(migrate(one), StartupError);
  EXPECT_THROW(database->describe("SELECT owner FROM schema_lock"), StorageError) << "nothing was made among them";
}

TEST_P(Migrate, TheStateIsToldAndNothingChanged) {
  using storage::SchemaState;
  EXPECT_EQ(Migrator(*database, two).state(), SchemaState::empty);
  migrate(one);
  EXPECT_EQ(Migrator(*database, one).state(), SchemaState::current);
  EXPECT_EQ(Migrator(*database, two).state(), SchemaState::older);
  EXPECT_EQ(Migrator(*database, two).state(), SchemaState::older) << "asking applies nothing";
  migrate(two);
  EXPECT_EQ(Migrator(*database, one).state(), SchemaState::newer);
}

TEST_P(Migrate, ACommandWorksOnACurrentSchemaAndMakesNone) {
  EXPECT_FALSE(Migrator(*database, one).is_current());
  EXPECT_EQ(Migrator(*database, one).state(), storage::SchemaState::empty) << "asking makes nothing";
  migrate(one);
  EXPECT_TRUE(Migrator(*database, one).is_current());
  EXPECT_THROW(Migrator(*database, two).is_current(), StartupError);
  migrate(two);
  EXPECT_THROW(Migrator(*database, one).is_current(), StartupError);
}

TEST_P(Migrate, TheProgramsOwnMigrationsFit) {
  Migrator(*database).prepare_to_serve(false, SystemClock());
  EXPECT_THAT(Migrator(*database).pending(), IsEmpty());
  EXPECT_EQ(Migrator(*database).applied().front().name, "0001_accounts");
}

// SQLite and CockroachDB compare text by its bytes unless told otherwise.
TEST_P(Migrate, TextInIndexesIsComparedByItsBytesOnPostgres) {
  if (database.is_sqlite()) return;
  Migrator(*database).prepare_to_serve(false, SystemClock());
  struct TextColumn {
    std::string name, of_column, of_index;
  };
  static constexpr Statement<TextColumn()> find{R"sql(
    SELECT i.indexrelid::regclass || ', ' || a.attname, of_column.collname::text, of_index.collname::text
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
      CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indcollation::oid[]) AS k (column_number, index_collation)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number
      JOIN pg_collation of_column ON of_column.oid = a.attcollation
      JOIN pg_collation of_index ON of_index.oid = k.index_collation
    WHERE t.relnamespace = current_schema()::regnamespace AND a.atttypid = 'text'::regtype
    LIMIT 1000
  )sql"};
  const auto columns =
      *database->read([&](Transaction& tx) -> Result<std::vector<TextColumn>> { return tx.all(find); });
  EXPECT_GT(columns.size(), 5U);
  for (const auto& column : columns) {
    EXPECT_EQ(column.of_column, "C") << column.name;
    EXPECT_EQ(column.of_index, "C") << column.name;
  }
}

}  // namespace
}  // namespace ostiary::testing
