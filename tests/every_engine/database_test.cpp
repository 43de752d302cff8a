// What every engine must do alike (design.md 3). B25, B26, B30, D1, D2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>

#include "every_engine.hpp"
#include "rows.hpp"
#include "storage/pages.hpp"
#include "storage/statements.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Thing {
  std::optional<bool> flag = {};
  std::optional<std::int64_t> number = {};
  std::optional<std::string> words = {};
  std::optional<Bytes> bytes = {};
  std::optional<Uuid> other = {};
  std::optional<Time> moment = {};
  bool operator==(const Thing&) const = default;
};
struct PlainThing {
  bool flag;
  std::int64_t number;
  std::string words;
  Bytes bytes;
  Uuid other;
  Time moment;
};
struct Words {
  std::string words;
};

// The parameters stand in the text in another order than in the list, and one of them twice.
inline constexpr Statement<void(std::int64_t, std::optional<bool>, std::optional<std::int64_t>,
                                std::optional<std::string>, std::optional<Bytes>, std::optional<Uuid>,
                                std::optional<Time>)>
    insert_thing{R"sql(
  INSERT INTO things (moment, other, bytes, words, number, flag, id)
  SELECT $7, $6, $5, $4, $3, $2, $1 WHERE $1 = $1)sql"};
inline constexpr Statement<Thing(std::int64_t)> find_thing{
    "SELECT flag, number, words, bytes, other, moment FROM things WHERE id = $1"};
inline constexpr Statement<PlainThing(std::int64_t)> find_plain_thing{
    "SELECT flag, number, words, bytes, other, moment FROM things WHERE id = $1"};
inline constexpr Statement<Words(std::int64_t)> number_as_words{"SELECT number FROM things WHERE id = $1"};

inline constexpr Statement<void(std::string, std::int64_t)> insert_counter{
    "INSERT INTO counters (name, value) VALUES ($1, $2)"};
inline constexpr Statement<Number(std::string)> find_counter{"SELECT value FROM counters WHERE name = $1"};
inline constexpr Statement<void(std::string, std::int64_t)> set_counter{
    "UPDATE counters SET value = $2 WHERE name = $1"};
inline constexpr Statement<Number()> sum_counters{"SELECT cast(coalesce(sum(value), 0) AS bigint) FROM counters"};
inline constexpr Statement<Number()> count_counters{"SELECT count(*) FROM counters"};
inline constexpr Statement<Number()> raise_all{"UPDATE counters SET value = value + 1 RETURNING value"};
inline constexpr Statement<Number()> list_counters{"SELECT value FROM counters ORDER BY value"};

class DatabaseContract : public OnEveryEngine {
 protected:
  void SetUp() override {
    database->change_schema([](Connection& connection) {
      connection.run_script(R"sql(
        CREATE TABLE things (id bigint PRIMARY KEY, flag boolean, number bigint, words text, bytes bytea, other uuid,
                             moment timestamptz);
        CREATE TABLE counters (name text PRIMARY KEY, value bigint NOT NULL);)sql");
      return true;
    });
  }

  void set(const std::string& name, std::int64_t value) {
    const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
      tx.execute(insert_counter, name, value);
      return {};
    });
    ASSERT_TRUE(done);
  }

  template <class Write>
  void writes(const Write& write) {
    const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
      write(tx);
      return {};
    });
    ASSERT_TRUE(done);
  }

  std::int64_t value_of(const std::string& name) {
    return *database->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(find_counter, name).value; });
  }

  std::int64_t counters() {
    return *database->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(count_counters).value; });
  }

  Thing there_and_back(const Thing& thing) {
    return *database->transaction([&](Transaction& tx) -> Result<Thing> {
      const std::int64_t id = next_id_++;
      tx.execute(insert_thing, id, thing.flag, thing.number, thing.words, thing.bytes, thing.other, thing.moment);
      return tx.one(find_thing, id);
    });
  }

  static Result<std::int64_t> raise(Database& db, const std::string& name) {
    return db.transaction([&](Transaction& tx) -> Result<std::int64_t> {
      const std::int64_t next = tx.one(find_counter, name).value + 1;
      tx.execute(set_counter, name, next);
      return next;
    });
  }

  std::int64_t next_id_ = 1;
};
ON_EVERY_ENGINE(DatabaseContract);

Time moment(std::int64_t microseconds) { return Time(Duration(microseconds)); }

TEST_P(DatabaseContract, EveryValueComesBackAsItWent) {
  std::string every_byte_of_utf8 = "a\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 '\"\\;--$1";
  Bytes every_byte(256);
  for (std::size_t i = 0; i < every_byte.size(); ++i) every_byte[i] = static_cast<std::uint8_t>(i);
  Uuid ones;
  ones.bytes.fill(0xff);
  const std::vector<Thing> things{
      {},
      {false, 0, "", Bytes{}, Uuid{}, moment(0)},
      {true, 1, "x", Bytes{0}, ones, moment(1)},
      {true, -1, every_byte_of_utf8, every_byte, ones, moment(-1)},
      {true, INT64_MAX, std::string(100'000, 'x'), Bytes(100'000, 0xff), ones, moment(-1'000'001)},
      {true, INT64_MIN, "0", Bytes{'0'}, ones, moment(253'402'300'799'999'999)},   // the last of year 9999
      {std::nullopt, std::nullopt, "1e3", std::nullopt, ones, moment(-62'135'596'800'000'000)},  // the first of year 1
      {true, std::nullopt, std::nullopt, Bytes{0xff, 0x00}, std::nullopt, moment(946'684'799'999'999)},
  };
  for (const Thing& thing : things) EXPECT_EQ(there_and_back(thing), thing);
}

TEST_P(DatabaseContract, NullIsNotReadIntoATypeWithoutIt) {
  there_and_back({});
  EXPECT_THROW(static_cast<void>(
                   database->read([](Transaction& tx) -> Result<PlainThing> { return tx.one(find_plain_thing, 1); })),
               std::logic_error);
}

TEST_P(DatabaseContract, AValueIsNotReadAsAnotherType) {
  there_and_back({.number = 5});
  EXPECT_THROW(
      static_cast<void>(database->read([](Transaction& tx) -> Result<Words> { return tx.one(number_as_words, 1); })),
      std::logic_error);
}

TEST_P(DatabaseContract, OneAndOptionalRefuseMoreRows) {
  set("a", 1);
  set("b", 2);
  const auto count =
      database->read([](Transaction& tx) -> Result<std::size_t> { return tx.all(list_counters).size(); });
  EXPECT_EQ(count, 2u);
  EXPECT_THROW(
      static_cast<void>(database->read([](Transaction& tx) -> Result<Number> { return tx.one(list_counters); })),
      std::logic_error);
  EXPECT_THROW(static_cast<void>(
                   database->read([](Transaction& tx) -> Result<Number> { return tx.one(find_counter, "nobody"); })),
               std::logic_error);
}

TEST_P(DatabaseContract, AWriteSaysHowManyRowsItChanged) {
  set("a", 1);
  set("b", 2);
  const auto changed = database->transaction([](Transaction& tx) -> Result<std::pair<std::int64_t, std::int64_t>> {
    return std::pair(tx.execute(set_counter, "a", 7), tx.execute(set_counter, "nobody", 7));
  });
  EXPECT_EQ(changed, std::pair(std::int64_t{1}, std::int64_t{0}));
}

TEST_P(DatabaseContract, ReturningGivesEveryRowAndChangesEveryRow) {
  set("a", 1);
  set("b", 10);
  const auto rows =
      database->transaction([](Transaction& tx) -> Result<std::size_t> { return tx.all(raise_all).size(); });
  EXPECT_EQ(rows, 2u);
  EXPECT_EQ(value_of("a"), 2);
  EXPECT_EQ(value_of("b"), 11);
}

TEST_P(DatabaseContract, ARefusalRollsBackAndKeepCommits) {
  const auto write_and_refuse = [&](const std::string& name, bool keep) {
    return database->transaction([&](Transaction& tx) -> Result<void> {
      tx.execute(insert_counter, name, 1);
      if (keep) return tx.keep(refuse(Refusal::wrong_code));
      return refuse(Refusal::wrong_code);
    });
  };
  EXPECT_EQ(write_and_refuse("dropped", false).error().why, Refusal::wrong_code);
  EXPECT_EQ(counters(), 0);
  EXPECT_EQ(write_and_refuse("kept", true).error().why, Refusal::wrong_code);
  EXPECT_EQ(counters(), 1);
}

TEST_P(DatabaseContract, AnExceptionRollsBackAndPasses) {
  EXPECT_THROW(static_cast<void>(database->transaction([](Transaction& tx) -> Result<void> {
                 tx.execute(insert_counter, "dropped", 1);
                 throw std::out_of_range("a bug");
               })),
               std::out_of_range);
  EXPECT_EQ(counters(), 0);
}

TEST_P(DatabaseContract, AfterCommitRunsOnceInOrderAndOnlyAfterACommit) {
  std::vector<std::string> seen;
  const auto run = [&](bool succeed, bool keep) {
    return database->transaction([&](Transaction& tx) -> Result<void> {
      tx.after_commit([&] { seen.push_back("first"); });
      tx.after_commit([&] { seen.push_back("second"); });
      seen.push_back("inside");
      if (succeed) return {};
      if (keep) return tx.keep(refuse(Refusal::wrong_code));
      return refuse(Refusal::wrong_code);
    });
  };
  EXPECT_TRUE(run(true, false));
  EXPECT_THAT(std::exchange(seen, {}), ElementsAre("inside", "first", "second"));
  EXPECT_FALSE(run(false, true));
  EXPECT_THAT(std::exchange(seen, {}), ElementsAre("inside", "first", "second"));
  EXPECT_FALSE(run(false, false));
  EXPECT_THAT(seen, ElementsAre("inside"));
}

// B26
TEST_P(DatabaseContract, ALostRaceRunsTheWholeClosureAgainWithoutTheFirstRunsTraces) {
  int runs = 0;
  int announced = 0;
  const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
    ++runs;
    tx.after_commit([&announced] { ++announced; });
    tx.execute(insert_counter, "run " + std::to_string(runs), runs);
    if (runs < 4) throw SerializationFailure("as if");
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(announced, 1);
  EXPECT_EQ(counters(), 1);
  EXPECT_EQ(value_of("run 4"), 4);
  EXPECT_EQ(database->reruns(), 3);
}

TEST_P(DatabaseContract, RetriesAreBounded) {
  int runs = 0;
  EXPECT_THROW(static_cast<void>(database->transaction([&](Transaction&) -> Result<void> {
                 ++runs;
                 throw SerializationFailure("always");
               })),
               StorageError);
  EXPECT_EQ(runs, 16);
}

TEST_P(DatabaseContract, AUniqueIndexThatKeepsRefusingIsAnErrorAfterAFewRuns) {
  set("taken", 1);
  int runs = 0;
  EXPECT_THROW(static_cast<void>(database->transaction([&](Transaction& tx) -> Result<void> {
                 ++runs;
                 tx.execute(insert_counter, "taken", 2);
                 return {};
               })),
               UniqueViolation);
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(value_of("taken"), 1);
}

TEST_P(DatabaseContract, WhatIsSentIsThereForTheNextStatementAndAfterTheCommit) {
  const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
    tx.send(insert_counter, "sent", 1);
    EXPECT_EQ(tx.one(find_counter, "sent").value, 1);
    tx.send(set_counter, "sent", 2);
    tx.send(insert_counter, "sent too", 3);
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(value_of("sent"), 2);
  EXPECT_EQ(value_of("sent too"), 3);
  EXPECT_FALSE(database->transaction([&](Transaction& tx) -> Result<void> {
    tx.send(set_counter, "sent", 4);
    return refuse(Refusal::internal, "");
  }));
  EXPECT_EQ(value_of("sent"), 2);
}

TEST_P(DatabaseContract, WhatIsAskedIsAnsweredAsOfThenWheneverItIsRead) {
  const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
    const auto none = tx.ask(find_counter, "asked");
    tx.send(insert_counter, "asked", 1);
    const auto one = tx.ask(find_counter, "asked");
    tx.send(set_counter, "asked", 2);
    EXPECT_EQ(tx.one(find_counter, "asked").value, 2);
    tx.send(set_counter, "asked", 3);
    EXPECT_TRUE(none.rows().empty());
    EXPECT_EQ(one.rows().size(), 1u);
    EXPECT_EQ(one.rows().at(0).value, 1);
    const auto last = tx.ask(find_counter, "asked");
    EXPECT_EQ(last.rows().at(0).value, 3);
    EXPECT_EQ(last.rows().at(0).value, 3) << "read twice";
    return {};
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(value_of("asked"), 3);
}

TEST_P(DatabaseContract, AnErrorOfWhatWasSentShowsAtTheLatestAtTheCommit) {
  set("taken", 1);
  for (const bool asks_afterwards : {true, false}) {
    int runs = 0;
    EXPECT_THROW(static_cast<void>(database->transaction([&](Transaction& tx) -> Result<void> {
                   ++runs;
                   tx.send(insert_counter, "before", 1);
                   tx.send(insert_counter, "taken", 2);
                   tx.send(insert_counter, "behind", 3);
                   if (asks_afterwards) tx.one(find_counter, "taken");
                   return {};
                 })),
                 UniqueViolation);
    EXPECT_EQ(runs, 3);
  }
  EXPECT_EQ(counters(), 1);
  EXPECT_EQ(value_of("taken"), 1);
}

// D2: read, judge, write, without a lock in the SQL; across two instances.
TEST_P(DatabaseContract, NoIncrementIsLost) {
  set("counter", 0);
  const auto second = database.open();
  constexpr int threads = 6;
  constexpr int each = 25;
  std::atomic<int> acknowledged = 0;
  {
    std::vector<std::jthread> raisers;
    for (int i = 0; i < threads; ++i) {
      raisers.emplace_back([&, i] {
        Database& db = i % 2 == 0 ? *database : *second;
        for (int round = 0; round < each; ++round) {
          try {
            if (raise(db, "counter")) ++acknowledged;
          } catch (const SerializationFailure&) {
            // Tries used up under this much contention: then nothing was written.
          }
        }
      });
    }
  }
  EXPECT_EQ(value_of("counter"), acknowledged);
  EXPECT_GT(acknowledged, threads * each / 2);
}

// Two transactions that each read what the other writes: one of them must see the other.
TEST_P(DatabaseContract, NoWriteSkew) {
  set("left", 1);
  set("right", 1);
  for (int round = 0; round < 30; ++round) {
    std::barrier together(2);
    const auto leave = [&](const char* name) {
      together.arrive_and_wait();
      static_cast<void>(database->transaction([&](Transaction& tx) -> Result<void> {
        if (tx.one(sum_counters).value < 2) return refuse(Refusal::wrong_code);
        tx.execute(set_counter, name, 0);
        return {};
      }));
    };
    {
      const std::jthread left(leave, "left");
      const std::jthread right(leave, "right");
    }
    ASSERT_EQ(value_of("left") + value_of("right"), 1) << "round " << round;
    const auto reset = database->transaction([](Transaction& tx) -> Result<void> {
      tx.execute(set_counter, "left", 1);
      tx.execute(set_counter, "right", 1);
      return {};
    });
    ASSERT_TRUE(reset);
  }
}

TEST_P(DatabaseContract, OneOfManyInsertsOfTheSameWinsAndTheOthersSeeIt) {
  constexpr int threads = 8;
  std::atomic<int> made = 0;
  std::atomic<int> seen = 0;
  std::barrier together(threads);
  {
    std::vector<std::jthread> makers;
    for (int i = 0; i < threads; ++i) {
      makers.emplace_back([&] {
        together.arrive_and_wait();
        const auto result = database->transaction([&](Transaction& tx) -> Result<bool> {
          if (tx.optional(find_counter, "only")) return false;
          tx.execute(insert_counter, "only", 1);
          return true;
        });
        ++(*result ? made : seen);
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(seen, threads - 1);
}

TEST_P(DatabaseContract, AReadStandsOnOneSnapshotBesideWriters) {
  set("counter", 1);
  const auto seen = database->read([&](Transaction& tx) -> Result<std::pair<std::int64_t, std::int64_t>> {
    const std::int64_t before = tx.one(find_counter, "counter").value;
    std::jthread([&] { EXPECT_EQ(raise(*database, "counter"), 2); }).join();
    return std::pair(before, tx.one(find_counter, "counter").value);
  });
  EXPECT_EQ(seen, std::pair(std::int64_t{1}, std::int64_t{1}));
  EXPECT_EQ(value_of("counter"), 2);
}

TEST_P(DatabaseContract, AReadCannotWrite) {
  EXPECT_THROW(static_cast<void>(database->read([](Transaction& tx) -> Result<void> {
                 tx.execute(insert_counter, "smuggled", 1);
                 return {};
               })),
               StorageError);
  EXPECT_EQ(counters(), 0);
}

TEST_P(DatabaseContract, ATransactionWithoutStatementsCostsNothingAndSucceeds) {
  EXPECT_EQ(database->transaction([](Transaction&) -> Result<int> { return 7; }), 7);
  EXPECT_EQ(database->read([](Transaction&) -> Result<int> { return 8; }), 8);
}

TEST_P(DatabaseContract, WhatWasCommittedIsThereAfterAReopen) {
  set("counter", 5);
  database.reopen();
  EXPECT_EQ(value_of("counter"), 5);
}

// ASVS 16.4, B32: the log takes no change from the program, whatever it is tricked into.
inline constexpr Statement<void(Uuid, Time)> insert_audit{R"sql(
  INSERT INTO audit_log (id, version, occurred_at, action, outcome, actor_kind, details_sealed, details_hash, row_hash)
  SELECT $1, 1, $2, 'a', 'success', 'nobody', bytes, bytes, bytes FROM things)sql"};
inline constexpr Statement<void()> update_audit{"UPDATE audit_log SET action = 'b'"};
inline constexpr Statement<void()> delete_audit{"DELETE FROM audit_log"};
inline constexpr Statement<void()> truncate_audit{"TRUNCATE audit_log"};

struct Counter {
  std::string name;
  std::int64_t value;
};
inline constexpr Statement<Counter(std::int64_t, std::int64_t, std::string)> page_of_counters{
    "SELECT name, value FROM counters WHERE (value, name) > ($2, $3) ORDER BY value, name LIMIT $1"};
inline constexpr Statement<void(std::string)> delete_counter{"DELETE FROM counters WHERE name = $1"};

TEST_P(DatabaseContract, EveryRowIsReadOncePageByPage) {
  constexpr std::int64_t rows = 2 * rows_a_page;  // the last page is full, and the one behind it empty
  std::vector<std::string> expected;
  for (std::int64_t i = 0; i < rows; ++i) expected.push_back(std::to_string(i / 3) + "/" + std::to_string(i));
  writes([&](Transaction& tx) {
    for (std::int64_t i = 0; i < rows; ++i) tx.execute(insert_counter, std::to_string(i), i / 3);
  });
  std::ranges::sort(expected, {}, [](const std::string& text) {
    const auto slash = text.find('/');
    return std::pair(std::stoi(text.substr(0, slash)), text.substr(slash + 1));
  });
  const auto key_of = [](const Counter& row) { return std::tuple(row.value, row.name); };
  const auto text_of = [](const Counter& row) { return std::to_string(row.value) + "/" + row.name; };

  std::vector<std::string> in_one;
  static_cast<void>(database->read([&](Transaction& tx) -> Result<bool> {
    in_one.clear();
    each_row(tx, page_of_counters, {-1, ""}, key_of, [&](const Counter& row) { in_one.push_back(text_of(row)); });
    return true;
  }));
  EXPECT_EQ(in_one, expected);

  // What others change behind the page that was read shows; nothing is read twice and nothing that stays is left out.
  std::vector<std::string> in_many;
  each_row(*database, page_of_counters, {-1, ""}, key_of, [&](const Counter& row) {
    if (in_many.empty()) {
      writes([&](Transaction& tx) {
        tx.execute(delete_counter, "0");
        tx.execute(delete_counter, std::to_string(rows - 1));
        tx.execute(insert_counter, "a new one", rows);
      });
    }
    in_many.push_back(text_of(row));
  });
  expected.back() = std::to_string(rows) + "/a new one";
  EXPECT_EQ(in_many, expected);
}

inline constexpr Statement<Counter()> take_one{
    "SELECT name, value FROM counters ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED"};

TEST_P(DatabaseContract, RowsOfAQueueAreTakenByOneEach) {
  writes([&](Transaction& tx) {
    for (int i = 0; i < 200; ++i) tx.execute(insert_counter, std::to_string(i), 1);
  });
  std::atomic<std::int64_t> taken = 0;
  std::barrier begin(4);
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        begin.arrive_and_wait();
        for (bool more = true; more;) {
          more = *database->transaction(Isolation::read_committed, [&](Transaction& tx) -> Result<bool> {
            const auto one = tx.optional(take_one);
            if (!one) return false;
            EXPECT_EQ(tx.execute(delete_counter, one->name), 1);
            return true;
          });
          if (more) ++taken;
        }
      });
    }
  }
  EXPECT_EQ(taken, 200);
  EXPECT_EQ(database->reruns(), 0) << "nobody lost against another";
}

TEST_P(DatabaseContract, ReadCommittedSeesWhatOthersHaveCommittedMeanwhile) {
  if (database.is_sqlite()) return;  // its one writer sees what it began with
  writes([](Transaction& tx) { tx.execute(insert_counter, "a", 1); });
  const auto seen = *database->transaction(Isolation::read_committed, [&](Transaction& tx) -> Result<std::int64_t> {
    EXPECT_EQ(tx.one(find_counter, "a").value, 1);
    writes([](Transaction& other) { other.execute(set_counter, "a", 2); });
    return tx.one(find_counter, "a").value;
  });
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(database->reruns(), 0);
}

TEST_P(DatabaseContract, TheAuditLogRefusesChangeAndDeletion) {
  there_and_back({.bytes = Bytes{1}});
  const auto written = database->transaction(
      [](Transaction& tx) -> Result<std::int64_t> { return tx.execute(insert_audit, Uuid{}, moment(0)); });
  ASSERT_EQ(written, 1);
  for (const auto* statement : {&update_audit, &delete_audit, &truncate_audit}) {
    if (statement == &truncate_audit && database.is_sqlite()) continue;  // which has no such statement
    try {
      static_cast<void>(database->transaction([&](Transaction& tx) -> Result<void> {
        tx.execute(*statement);
        return {};
      }));
      ADD_FAILURE() << statement->text << " was let through";
    } catch (const StorageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("append-only"));
    }
  }
}

}  // namespace
}  // namespace ostiary::testing
