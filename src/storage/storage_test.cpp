// The parts of the storage that need no database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "every_engine/temporary_folder.hpp"
#include "storage/data_folder.hpp"
#include "storage/fifo_pool.hpp"
#include "storage/migrate.hpp"
#include "storage/retry.hpp"
#include "storage/schema_lock.hpp"

namespace ostiary::storage {
namespace {

using namespace std::chrono_literals;
using ostiary::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(FifoPool, ServesInTheOrderOfArrival) {
  FifoPool<int> pool;
  pool.add(std::make_unique<int>(1));
  std::mutex mutex;
  std::vector<int> order;
  {
    auto first = pool.borrow(0ms);
    ASSERT_TRUE(first);
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 8; ++i) {
      waiting.emplace_back([&, i] {
        const auto loan = pool.borrow(10s);
        const std::lock_guard lock(mutex);
        order.push_back(loan ? i : -1);
      });
      std::this_thread::sleep_for(20ms);  // so that they come in this order
    }
    first.reset();
  }
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST(FifoPool, NobodyOvertakesUnderContention) {
  FifoPool<int> pool;
  pool.add(std::make_unique<int>(0));
  constexpr int threads = 8;
  std::vector<int> turns(threads);
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> borrowers;
    for (int i = 0; i < threads; ++i) {
      borrowers.emplace_back([&, i] {
        while (!done) {
          const auto loan = pool.borrow(10s);
          std::this_thread::sleep_for(200us);
          ++turns[static_cast<std::size_t>(i)];
        }
      });
    }
    std::this_thread::sleep_for(400ms);
    done = true;
  }
  const auto [least, most] = std::ranges::minmax(turns);
  EXPECT_GT(least, 10);
  EXPECT_LE(most - least, most / 2) << "a mutex would give some a hundred times the turns of others";
}

TEST(FifoPool, GivesUpWaitingAndForgetsTheWaiter) {
  FifoPool<int> pool;
  pool.add(std::make_unique<int>(7));
  auto taken = pool.borrow(0ms);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_FALSE(pool.borrow(50ms));
  EXPECT_GE(std::chrono::steady_clock::now() - started, 50ms);
  taken.reset();
  const auto again = pool.borrow(0ms);
  ASSERT_TRUE(again);
  EXPECT_EQ(**again, 7);
}

TEST(Retry, RunsAgainOnlyForWhatALaterRunCanChange) {
  int runs = 0;
  retry([&] {
    if (++runs < 16) throw SerializationFailure("lost");
  });
  EXPECT_EQ(runs, 16);
  runs = 0;
  EXPECT_THROW(retry([&] { ++runs, throw StorageError("full"); }), StorageError);
  EXPECT_EQ(runs, 1);
  runs = 0;
  EXPECT_THROW(retry([&] { ++runs, throw std::runtime_error("a bug"); }), std::runtime_error);
  EXPECT_EQ(runs, 1);
  runs = 0;
  EXPECT_THROW(retry([&] { ++runs, throw ConnectionLost("away"); }), ConnectionLost);
  EXPECT_EQ(runs, 3);
}

TEST(DataFolder, IsMadeForItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto data = folder.path() / "a" / "data";
  prepare_data_folder(data);
  EXPECT_EQ(std::filesystem::status(data).permissions(), std::filesystem::perms::owner_all);
  prepare_data_folder(data);
}

TEST(DataFolder, ThatCannotBeMadeIsAStartupErrorOfOneLine) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  for (const auto& path :
       {folder.path() / "file", folder.path() / "file" / "data", std::filesystem::path("/proc/data")}) {
    try {
      prepare_data_folder(path);
      ADD_FAILURE() << path;
    } catch (const StartupError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    }
  }
}

TEST(DataFolder, IsServedByOneProcess) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path());
    try {
      const FolderLock second(folder.path());
      ADD_FAILURE() << "two hold the lock";
    } catch (const StartupError& error) {
      EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(getpid())));
    }
  }
  const FolderLock after(folder.path());
}

TEST(DataFolder, TellsWhoServesWithoutTakingTheLock) {
  const TemporaryFolder folder;
  EXPECT_EQ(serving_process(folder.path()), 0) << "there is no lock file yet";
  {
    const FolderLock lock(folder.path());
    EXPECT_EQ(serving_process(folder.path()), getpid());
  }
  EXPECT_EQ(serving_process(folder.path()), 0);
}

TEST(DataFolder, IsFreeAgainWhenItsProcessWasKilled) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  const FolderLock after(folder.path());
}

constexpr embedded::File one{"0001_first.sql", "one"};
constexpr embedded::File two{"0002_second.sql", "two"};
constexpr embedded::File two_sqlite{"0002_second.sqlite.sql", "two for sqlite"};
constexpr embedded::File two_cockroach{"0002_second.cockroach.sql", "two for cockroach"};

std::vector<std::string_view> texts(Engine engine, std::vector<embedded::File> files) {
  std::vector<std::string_view> texts;
  for (const auto& migration : migrations_for(engine, files)) texts.push_back(migration.text);
  return texts;
}

TEST(Migrations, AreChosenByEngineInAnyOrderOfFiles) {
  for (const auto& files : {std::vector{one, two_cockroach, two, two_sqlite}, {two_sqlite, two, one, two_cockroach}}) {
    EXPECT_THAT(texts(Engine::sqlite, files), ElementsAre("one", "two for sqlite"));
    EXPECT_THAT(texts(Engine::postgres, files), ElementsAre("one", "two"));
    EXPECT_THAT(texts(Engine::cockroach, files), ElementsAre("one", "two for cockroach"));
  }
}

TEST(Migrations, WithoutAPlaceInTheNumberingAreRefused) {
  using Files = std::vector<embedded::File>;
  for (const Files& files :
       {Files{two}, Files{one, {"0003_third.sql", ""}}, Files{one, {"0001_other.sql", ""}}, Files{one, two_sqlite},
        Files{{"1_first.sql", ""}}, Files{{"0001_first.txt", ""}}, Files{{"0001_first.mysql.sql", ""}},
        Files{{"0001_.sql", ""}}, Files{{"0001first.sql", ""}}})
    EXPECT_THROW(migrations_for(Engine::postgres, files), std::logic_error) << files.front().name;
}

TEST(JudgeSchema, KnowsEveryState) {
  const std::vector files{one, two};
  const auto known = migrations_for(Engine::postgres, files);
  const auto applied = [&](std::size_t index) {
    return AppliedMigration{known[index].number, known[index].name, known[index].checksum, Time{}};
  };
  AppliedMigration third{3, "0003_third", {}, Time{}};
  AppliedMigration changed = applied(0);
  changed.checksum[0] ^= 1;
  using Rows = std::vector<AppliedMigration>;
  const struct {
    const char* name;
    Rows rows;
    bool has_other_tables;
    SchemaState state;
  } cases[] = {
      {"tables of somebody else", {}, true, SchemaState::foreign},
      {"one more than we know", {applied(0), applied(1), third}, true, SchemaState::newer},
      {"one more than we know, others changed", {changed, applied(1), third}, true, SchemaState::newer},
      {"a changed one", {changed}, true, SchemaState::changed},
      {"one left out", {applied(1)}, true, SchemaState::changed},
      {"nothing", {}, false, SchemaState::empty},
      {"one missing", {applied(0)}, true, SchemaState::older},
      {"all", {applied(0), applied(1)}, true, SchemaState::current},
  };
  for (const auto& test : cases)
    EXPECT_EQ(judge_schema(known, test.rows, test.has_other_tables), test.state) << test.name;
}

TEST(SchemaLease, IsInForceUntilItsEndUnlessTheClockWasSetBack) {
  const Time now{std::chrono::hours(24)};
  const struct {
    const char* name;
    Time leased_until;
    bool is_in_force;
  } cases[] = {
      {"one tick before its end", now + Duration(1), true},
      {"at its end", now, false},
      {"long after", now - std::chrono::hours(24), false},
      {"fresh", now + schema_lease_length, true},
      {"from a clock that goes before ours", now + 2 * schema_lease_length, true},
      {"from before the clock was set back", now + 2 * schema_lease_length + Duration(1), false},
  };
  for (const auto& test : cases)
    EXPECT_EQ(is_in_force({{}, "", test.leased_until}, now), test.is_in_force) << test.name;
}

}  // namespace
}  // namespace ostiary::storage
