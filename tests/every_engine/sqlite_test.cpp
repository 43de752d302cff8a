// What only SQLite promises: its settings, its one writer, other processes on the same file, bad days of a disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <future>
#include <thread>

#include "rows.hpp"
#include "storage/database.hpp"
#include "storage/look.hpp"
#include "test_database.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Text {
  std::string value;
};
inline constexpr Statement<Text()> journal_mode{"PRAGMA journal_mode"};
inline constexpr Statement<Number()> synchronous{"PRAGMA synchronous"};
inline constexpr Statement<Number()> foreign_keys{"PRAGMA foreign_keys"};
inline constexpr Statement<void(Uuid, Uuid)> insert_user_role{
    "INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2)"};
inline constexpr Statement<Number()> count_roles{"SELECT count(*) FROM roles"};

Uuid numbered(int number) {
  Uuid uuid;
  uuid.bytes[0] = static_cast<std::uint8_t>(number >> 8);
  uuid.bytes[1] = static_cast<std::uint8_t>(number);
  return uuid;
}

void add_role(Database& db, int number, std::string name = "") {
  if (name.empty()) name = std::to_string(number);
  const auto done = db.transaction([&](Transaction& tx) -> Result<void> {
    tx.execute(insert_role, numbered(number), name);
    return {};
  });
  ASSERT_TRUE(done);
}

std::int64_t roles(Database& db) {
  return *db.read([](Transaction& tx) -> Result<std::int64_t> { return tx.one(count_roles).value; });
}

TEST(Sqlite, SyncsEachCommitIntoTheLogAndChecksReferences) {
  const TestDatabase database;
  const auto check = [](Transaction& tx) -> Result<void> {
    EXPECT_EQ(tx.one(journal_mode).value, "wal");
    EXPECT_EQ(tx.one(synchronous).value, 2);  // FULL
    EXPECT_EQ(tx.one(foreign_keys).value, 1);
    return {};
  };
  EXPECT_TRUE(database->transaction(check));
  EXPECT_TRUE(database->read(check));
  EXPECT_THROW(static_cast<void>(database->transaction([](Transaction& tx) -> Result<void> {
                 tx.execute(insert_user_role, Uuid{}, Uuid{});
                 return {};
               })),
               StorageError);
}

TEST(Sqlite, TheFileAndItsCompanionsAreItsOwnersOnly) {
  const TestDatabase database;
  const TemporaryFolder folder;
  const auto fresh = open_sqlite({.path = folder.path() / "fresh.db"});
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << entry.path();
    ++files;
  }
  EXPECT_GE(files, 1);
}

TEST(Sqlite, WritersWaitTheirTurnAndNoLongerThanAllowed) {
  const TestDatabase database;
  const auto hasty = open_sqlite({.path = database.file(), .acquire_timeout = 50ms});
  const auto outcome = hasty->transaction([&](Transaction&) -> Result<void> {
    std::jthread([&] { EXPECT_THROW(add_role(*hasty, 1), StorageError); }).join();
    return {};
  });
  EXPECT_TRUE(outcome);
  add_role(*hasty, 1);
}

// Those who wait while another writes are written together.
TEST(Sqlite, WritersThatShareACommitDoNotShareTheirFates) {
  const TestDatabase database;
  add_role(*database, 0, "taken");
  constexpr int each = 8;
  std::promise<void> begun, go_on;
  std::atomic<int> refused = 0, failed = 0, violated = 0;
  {
    const std::jthread first([&] {
      const auto outcome = database->transaction([&](Transaction& tx) -> Result<void> {
        tx.execute(insert_role, numbered(1), "first");
        begun.set_value();
        go_on.get_future().wait();
        return {};
      });
      EXPECT_TRUE(outcome);
    });
    begun.get_future().wait();
    std::vector<std::jthread> others;
    for (int i = 0; i < each; ++i) {
      others.emplace_back([&, i] { add_role(*database, 100 + i); });
      others.emplace_back([&, i] {
        const auto outcome = database->transaction([&](Transaction& tx) -> Result<void> {
          tx.execute(insert_role, numbered(200 + i), "refused");
          return refuse(Refusal::internal, "");
        });
        if (!outcome) ++refused;
      });
      others.emplace_back([&, i] {
        try {
          static_cast<void>(database->transaction([&](Transaction& tx) -> Result<void> {
            tx.execute(insert_role, numbered(300 + i), "thrown");
            throw std::runtime_error("on purpose");
          }));
        } catch (const std::runtime_error& error) {
          if (std::string_view(error.what()) == "on purpose") ++failed;
        }
      });
      others.emplace_back([&, i] {
        try {
          add_role(*database, 400 + i, "taken");
        } catch (const UniqueViolation&) {
          ++violated;
        }
      });
    }
    go_on.set_value();
  }
  EXPECT_EQ(refused, each);
  EXPECT_EQ(failed, each);
  EXPECT_EQ(violated, each);
  EXPECT_EQ(roles(*database), 2 + each);
}

TEST(Sqlite, WritersOfTwoProcessesAllComeThrough) {
  const TestDatabase database;
  const auto second = open_sqlite({.path = database.file()});
  {
    const std::jthread other([&] {
      for (int i = 0; i < 50; ++i) add_role(*second, 1000 + i);
    });
    for (int i = 0; i < 50; ++i) add_role(*database, i);
  }
  EXPECT_EQ(roles(*database), 100);
  EXPECT_EQ(roles(*second), 100);
}

TEST(Sqlite, AWriterOfAnotherProcessThatDoesNotEndIsAnErrorInTheEnd) {
  const TestDatabase database;
  const auto hasty = open_sqlite({.path = database.file(), .acquire_timeout = 100ms});
  const auto outcome = database->transaction([&](Transaction&) -> Result<void> {
    const auto started = std::chrono::steady_clock::now();
    EXPECT_THROW(add_role(*hasty, 1), StorageError);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 1500ms);
    return {};
  });
  EXPECT_TRUE(outcome);
  add_role(*hasty, 1);
}

TEST(Sqlite, ReadersGoOnWhileAWriterWrites) {
  const TestDatabase database;
  add_role(*database, 1);
  const auto outcome = database->transaction([&](Transaction& tx) -> Result<void> {
    tx.execute(insert_role, numbered(2), "2");
    std::jthread([&] { EXPECT_EQ(roles(*database), 1); }).join();
    return {};
  });
  EXPECT_TRUE(outcome);
  EXPECT_EQ(roles(*database), 2);
}

TEST(Sqlite, LooksForChangesOfOthersAndNotForItsOwn) {
  const TestDatabase database;
  std::atomic<int> looks = 0;
  std::atomic<int> changes = 0;
  const auto watching = open_sqlite({.path = database.file(), .on_look = [&](bool changed, auto) {
                                       ++looks;
                                       changes += changed ? 1 : 0;
                                     }});
  const auto looks_again = [&] {
    const int before = looks;
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (looks < before + 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
    EXPECT_GE(looks, before + 2);
  };
  add_role(*watching, 1);
  looks_again();
  EXPECT_EQ(changes, 0);
  add_role(*database, 2);
  looks_again();
  EXPECT_EQ(changes, 1);
  looks_again();
  EXPECT_EQ(changes, 1);
  add_role(*database, 3);
  add_role(*watching, 4);  // looks before it begins
  EXPECT_EQ(changes, 2);
}

TEST(LookAtSqlite, ReadsBesideAServerAndWritesNothing) {
  const TestDatabase database;
  add_role(database, 1);
  const auto looking = storage::look_at_sqlite(database.file());
  EXPECT_EQ(roles(*looking), 1);
  EXPECT_THROW(looking->transaction([](Transaction& tx) -> Result<void> {
    tx.execute(insert_role, numbered(2), "2");
    return {};
  }),
               StorageError);
  add_role(database, 3);
  EXPECT_EQ(roles(*looking), 2);
}

TEST(LookAtSqlite, MakesNoFile) {
  const TemporaryFolder folder;
  EXPECT_THROW(storage::look_at_sqlite(folder.path() / "ostiary.db"), StartupError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(OpenSqlite, WhatCannotBeOpenedIsAStartupErrorOfOneLine) {
  const TemporaryFolder folder;
  const auto not_a_database = folder.path() / "letter.txt";
  std::ofstream(not_a_database) << "Dear Ada,\n" << std::string(4096, 'x');
  for (const auto& path : {folder.path() / "nowhere" / "ostiary.db", folder.path(), not_a_database}) {
    try {
      open_sqlite({.path = path});
      ADD_FAILURE() << path;
    } catch (const StartupError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    }
  }
}

/// While it lives no file can grow beyond `bytes`: as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

// B30
TEST(Sqlite, AFullDiskRefusesTheWriteAndKeepsWhatWasThere) {
  TestDatabase database;
  add_role(*database, 1);
  int written = 1;
  {
    const FullDisk disk(std::filesystem::file_size(database.file()) + 100'000);
    bool refused = false;
    for (int i = 2; i < 2'000 && !refused; ++i) {
      try {
        add_role(*database, i, std::to_string(i) + std::string(3'000, 'x'));
        ++written;
      } catch (const StorageError&) {
        refused = true;
      }
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(roles(*database), written);
  }
  add_role(*database, 5000);
  EXPECT_EQ(roles(*database), written + 1);
  database.reopen();
  EXPECT_EQ(roles(*database), written + 1);
}

}  // namespace
}  // namespace ostiary::testing
