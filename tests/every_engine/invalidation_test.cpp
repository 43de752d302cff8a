// How instances learn that what they remember is no longer so (D3; design.md 3, Revocation).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "adapters/invalidation_postgres.hpp"
#include "adapters/invalidation_sqlite.hpp"
#include "breaking_proxy.hpp"
#include "every_engine.hpp"
#include "rows.hpp"
#include "test_database.hpp"

namespace ostiary::testing {
namespace {

using adapters::PostgresInvalidation;
using adapters::SqliteInvalidation;
using namespace std::chrono_literals;

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

/// What one instance was told to forget.
class Forgotten {
 public:
  Invalidation::Listener listener() {
    return {[this](UserId user) {
              const std::lock_guard lock(mutex_);
              users_.push_back(user);
            },
            [this] { ++all_; }};
  }
  bool has(UserId user) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(users_, user) != users_.end();
  }
  int all() const { return all_; }

 private:
  mutable std::mutex mutex_;
  std::vector<UserId> users_;
  std::atomic<int> all_ = 0;
};

template <class Condition>
bool comes_true(std::chrono::milliseconds within, const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

constexpr UserId ada{{{0xad, 0xa0}}};
constexpr UserId bob{{{0xb0, 0xb0}}};

Result<void> publish(Database& db, Invalidation& invalidation, UserId user, bool commit = true) {
  return db.transaction([&](Transaction& tx) -> Result<void> {
    invalidation.publish(tx, user);
    if (!commit) return refuse(Refusal::internal);
    return {};
  });
}

Result<void> publish_all(Database& db, Invalidation& invalidation, bool commit = true) {
  return db.transaction([&](Transaction& tx) -> Result<void> {
    invalidation.publish_all(tx);
    if (!commit) return refuse(Refusal::internal);
    return {};
  });
}

Result<void> change_something(Database& db) {
  return db.transaction([&](Transaction& tx) -> Result<void> {
    tx.execute(insert_role, Uuid{}, "other");
    return {};
  });
}

TEST(SqliteInvalidation, ForgetsHereWhatIsPublishedHereAndCommitted) {
  const TestDatabase database;
  SqliteInvalidation invalidation;
  Forgotten forgotten;
  invalidation.listen(forgotten.listener());
  ASSERT_TRUE(publish(*database, invalidation, ada));
  EXPECT_TRUE(forgotten.has(ada));
  EXPECT_FALSE(publish(*database, invalidation, bob, false));
  EXPECT_FALSE(forgotten.has(bob));
}

// A role was edited: it concerns whoever has it.
TEST(SqliteInvalidation, ForgetsEverythingWhenThatIsPublishedAndCommitted) {
  const TestDatabase database;
  SqliteInvalidation invalidation;
  Forgotten forgotten;
  invalidation.listen(forgotten.listener());
  EXPECT_FALSE(publish_all(*database, invalidation, false));
  EXPECT_EQ(forgotten.all(), 0);
  ASSERT_TRUE(publish_all(*database, invalidation));
  EXPECT_EQ(forgotten.all(), 1);
}

TEST(SqliteInvalidation, ForgetsEverythingWhenAnotherProcessHasWritten) {
  const TestDatabase other_process;
  SqliteInvalidation invalidation;
  Forgotten forgotten;
  invalidation.listen(forgotten.listener());
  const auto database = open_sqlite(
      {.path = other_process.file(), .on_look = [&](bool changed, auto at) { invalidation.looked(changed, at); }});
  EXPECT_TRUE(comes_true(1s, [&] { return invalidation.in_force(); }));
  ASSERT_TRUE(publish(*database, invalidation, ada));
  EXPECT_EQ(forgotten.all(), 0);
  ASSERT_TRUE(change_something(*other_process));
  EXPECT_TRUE(comes_true(2s, [&] { return forgotten.all() == 1; }));
}

TEST(SqliteInvalidation, IsInForceOnlyForALeaseAfterALook) {
  SqliteInvalidation invalidation(50ms);
  EXPECT_FALSE(invalidation.in_force());
  const auto now = std::chrono::steady_clock::now();
  invalidation.looked(false, now + 1h - 50ms);
  EXPECT_TRUE(invalidation.in_force());
  invalidation.looked(false, now - 50ms);
  EXPECT_FALSE(invalidation.in_force()) << "it was asked so long ago, though told only now";
}

// A process that keeps the file to itself keeps us from looking; it may write, so nothing remembered may be used.
TEST(SqliteInvalidation, IsNotInForceWhileTheWriterCannotLook) {
  const TestDatabase database;
  SqliteInvalidation invalidation(200ms);
  const auto watching = open_sqlite(
      {.path = database.file(), .on_look = [&](bool changed, auto at) { invalidation.looked(changed, at); }});
  EXPECT_TRUE(comes_true(1s, [&] { return invalidation.in_force(); }));
  const auto done = watching->transaction([&](Transaction&) -> Result<void> {
    EXPECT_TRUE(comes_true(1s, [&] { return !invalidation.in_force(); }));
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_TRUE(comes_true(1s, [&] { return invalidation.in_force(); }));
}

class PostgresInvalidationTest : public ::testing::TestWithParam<TestedEngine> {
 protected:
  struct Instance {
    Instance(const std::string& conninfo, Log& log)
        : database(open_postgres({.conninfo = conninfo, .connections = 2})),
          invalidation({.conninfo = conninfo}, Engine::postgres, log) {
      invalidation.listen(forgotten.listener());
    }
    Forgotten forgotten;
    std::unique_ptr<Database> database;
    PostgresInvalidation invalidation;
  };

  bool comes_in_force(Instance& instance) {
    return comes_true(10s, [&] { return instance.invalidation.in_force(); });
  }

  SilentLog log;
  EngineDatabase database{GetParam(), EngineDatabase::Content::empty};
};
INSTANTIATE_TEST_SUITE_P(Versions, PostgresInvalidationTest,
                         ::testing::Values(TestedEngine::postgres_debian, TestedEngine::postgres_newer),
                         [](const auto& info) { return name_of(info.param); });

TEST_P(PostgresInvalidationTest, ReachesTheOtherInstanceWithTheCommitAndNotWithoutIt) {
  Instance here(database.conninfo(), log);
  Instance there(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(here));
  ASSERT_TRUE(comes_in_force(there));
  EXPECT_FALSE(publish(*here.database, here.invalidation, bob, false));
  ASSERT_TRUE(publish(*here.database, here.invalidation, ada));
  EXPECT_TRUE(here.forgotten.has(ada));  // at once
  EXPECT_TRUE(comes_true(2s, [&] { return there.forgotten.has(ada); }));
  EXPECT_FALSE(here.forgotten.has(bob));
  EXPECT_FALSE(there.forgotten.has(bob));
}

TEST_P(PostgresInvalidationTest, TellsTheOtherInstanceThatEverythingChanged) {
  Instance here(database.conninfo(), log);
  Instance there(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(here));
  ASSERT_TRUE(comes_in_force(there));
  EXPECT_FALSE(publish_all(*here.database, here.invalidation, false));
  ASSERT_TRUE(publish(*here.database, here.invalidation, ada));
  ASSERT_TRUE(comes_true(2s, [&] { return there.forgotten.has(ada); }));
  EXPECT_EQ(here.forgotten.all(), 1) << "when it began to listen";
  EXPECT_EQ(there.forgotten.all(), 1) << "what was rolled back is not told";
  ASSERT_TRUE(publish_all(*here.database, here.invalidation));
  EXPECT_GE(here.forgotten.all(), 2);  // at once
  EXPECT_TRUE(comes_true(2s, [&] { return there.forgotten.all() == 2; }));
}

TEST_P(PostgresInvalidationTest, ManyArriveInTime) {
  Instance here(database.conninfo(), log);
  Instance there(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(there));
  std::vector<std::chrono::steady_clock::duration> delays;
  for (std::uint8_t i = 1; i <= 50; ++i) {
    const UserId user{{{i}}};
    ASSERT_TRUE(publish(*here.database, here.invalidation, user));
    const auto committed = std::chrono::steady_clock::now();
    ASSERT_TRUE(comes_true(2s, [&] { return there.forgotten.has(user); }));
    delays.push_back(std::chrono::steady_clock::now() - committed);
  }
  std::ranges::sort(delays);
  EXPECT_LT(delays[delays.size() / 2], 100ms);
}

TEST_P(PostgresInvalidationTest, StaysInForceWhileNothingHappens) {
  Instance instance(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(instance));
  const auto until = std::chrono::steady_clock::now() + 3s;
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_TRUE(instance.invalidation.in_force());
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(instance.forgotten.all(), 1) << "when it began to listen";
}

TEST_P(PostgresInvalidationTest, ABrokenConnectionEndsTheForceAtOnceAndANewOneForgetsEverything) {
  Instance instance(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(instance));
  database.end_connections();
  EXPECT_TRUE(comes_true(2s, [&] { return instance.forgotten.all() == 2 || !instance.invalidation.in_force(); }));
  ASSERT_TRUE(comes_true(10s, [&] { return instance.forgotten.all() == 2 && instance.invalidation.in_force(); }));
  ASSERT_TRUE(publish(*instance.database, instance.invalidation, ada));
  EXPECT_TRUE(instance.forgotten.has(ada));
}

// D3: the channel is cut without a word, and then a session is revoked elsewhere. Two seconds after the revocation the
// deaf instance must not trust its memory.
TEST_P(PostgresInvalidationTest, ASilentChannelIsNotTrustedTwoSecondsAfterWhatItMissed) {
  BreakingProxy proxy(database.conninfo());
  Instance here(database.conninfo(), log);
  Instance deaf(proxy.conninfo(), log);
  ASSERT_TRUE(comes_in_force(deaf));
  proxy.freeze(true);
  ASSERT_TRUE(publish(*here.database, here.invalidation, ada));
  const auto revoked = std::chrono::steady_clock::now();
  EXPECT_TRUE(comes_true(2s, [&] { return deaf.forgotten.has(ada) || !deaf.invalidation.in_force(); }));
  std::this_thread::sleep_until(revoked + 2s);
  EXPECT_FALSE(deaf.invalidation.in_force());
  EXPECT_FALSE(deaf.forgotten.has(ada));
  proxy.freeze(false);
  EXPECT_TRUE(comes_true(20s, [&] { return deaf.forgotten.has(ada) || deaf.forgotten.all() > 1; }));
  EXPECT_TRUE(comes_in_force(deaf));
}

TEST_P(PostgresInvalidationTest, WhoOnlyTellsIsHeardAndHearsNothing) {
  Instance here(database.conninfo(), log);
  ASSERT_TRUE(comes_in_force(here));
  PostgresInvalidation teller({.conninfo = database.conninfo()}, Engine::postgres, log,
                              PostgresInvalidation::Part::only_tells);
  ASSERT_TRUE(publish(*here.database, teller, ada));
  EXPECT_TRUE(comes_true(2s, [&] { return here.forgotten.has(ada); }));
  EXPECT_FALSE(teller.in_force());
}

TEST_P(PostgresInvalidationTest, WithoutAServerItIsNeverInForceAndStopsAtOnce) {
  const auto started = std::chrono::steady_clock::now();
  {
    const PostgresInvalidation nowhere({.conninfo = "host=/nonexistent"}, Engine::postgres, log);
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(nowhere.in_force());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, 2s);
}

TEST_P(PostgresInvalidationTest, CockroachHasNoChannelAndOnlyForgetsHere) {
  PostgresInvalidation invalidation({.conninfo = database.conninfo()}, Engine::cockroach, log);
  Forgotten forgotten;
  invalidation.listen(forgotten.listener());
  ASSERT_TRUE(publish(*database, invalidation, ada));
  EXPECT_TRUE(forgotten.has(ada));
  ASSERT_TRUE(publish_all(*database, invalidation));
  EXPECT_EQ(forgotten.all(), 1);
  std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(invalidation.in_force());
}

}  // namespace
}  // namespace ostiary::testing
