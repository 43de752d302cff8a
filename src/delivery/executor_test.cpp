#include "delivery/executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "every_engine/test_database.hpp"
#include "scaffolding/moved_clock.hpp"

namespace ostiary::delivery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class RememberingLog final : public Log {
 public:
  void write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    const std::scoped_lock lock(mutex_);
    lines_ += event;
    for (const LogField& field : fields)
      if (const auto* text = std::get_if<std::string_view>(&field.value)) (lines_ += " ") += *text;
    lines_ += "\n";
  }
  std::string lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  /// What was written since the last time.
  std::string taken() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  mutable std::mutex mutex_;
  std::string lines_;
};

/// Behaves as it is told, one mail after the other; then it accepts.
class MoodyMailer final : public Mailer {
 public:
  enum class Mood { accepts, puts_off, refuses, puts_off_after_data, loses_the_answer, throws, throws_after_data };

  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override {
    const Mood mood = take_mood();
    if (before_send) before_send();
    if (mood == Mood::puts_off) return {Delivery::refused_for_now, "451 later"};
    if (mood == Mood::refuses) return {Delivery::refused, "550 no \xff such\r\nuser"};
    if (mood == Mood::throws) throw std::runtime_error("no memory");
    before_data();
    if (after_hand_over) after_hand_over();
    {
      const std::scoped_lock lock(mutex_);
      handed_over_.push_back(mail);
    }
    if (mood == Mood::throws_after_data) throw std::runtime_error("disk full");
    if (mood == Mood::loses_the_answer) return {Delivery::unknown, "closed"};
    if (mood == Mood::puts_off_after_data) return {Delivery::refused_for_now, "452 disk full"};
    return {Delivery::accepted, "250 ok"};
  }
  std::string description() const override { return "moody"; }
  void interrupt() override { is_interrupted = true; }

  std::vector<Mail> handed_over() const {
    const std::scoped_lock lock(mutex_);
    return handed_over_;
  }
  void will(std::initializer_list<Mood> moods) { moods_ = moods; }

  std::function<void()> before_send, after_hand_over;
  std::atomic<bool> is_interrupted = false;

 private:
  Mood take_mood() {
    const std::scoped_lock lock(mutex_);
    if (moods_.empty()) return Mood::accepts;
    const Mood mood = moods_.front();
    moods_.pop_front();
    return mood;
  }

  mutable std::mutex mutex_;
  std::deque<Mood> moods_;
  std::vector<Mail> handed_over_;
};

/// A gateway whose next outcomes are given; after them it accepts.
class MoodyGateway final : public SmsGateway {
 public:
  DeliveryOutcome send(const TextMessage& message, const std::function<void()>& before_sending) override {
    if (outcomes.empty() || outcomes.front() != Delivery::refused_for_now) {
      before_sending();
      handed_over.push_back(message);
    }
    const Delivery outcome = outcomes.empty() ? Delivery::accepted : outcomes.front();
    if (!outcomes.empty()) outcomes.pop_front();
    return {outcome, "as told"};
  }
  std::string description() const override { return "moody"; }
  void interrupt() override { is_interrupted = true; }

  std::deque<Delivery> outcomes;
  std::vector<TextMessage> handed_over;
  std::atomic<bool> is_interrupted = false;
};

struct JobRow {
  std::string state;
  std::int64_t attempts;
  Bytes payload;
  std::optional<std::string> last_error;
  std::optional<Time> handed_over_at;
  std::optional<Time> finished_at;
};
constexpr Statement<JobRow()> the_job{
    "SELECT state, attempts, payload, last_error, handed_over_at, finished_at FROM jobs"};

struct CountRow {
  std::int64_t count;
};

/// On SQLite, for speed: these are about judgments and faults. What the SQL does on each engine is tested in
/// tests/every_engine/delivery_test.cpp.
class ExecutorTest : public ::testing::Test {
 protected:
  using Mood = MoodyMailer::Mood;

  void orders_mail(bool once = true, Duration lives = 10min) {
    orders({.owner = ids.make<UserId>(),
            .kind = "verify_email",
            .to = "ada@example.org",
            .locale = "en",
            .values = {{"code", "042137"}, {"link", "https://id.example.org/v"}, {"minutes", "10"}},
            .expires_at = clock.now() + lives,
            .once = once});
  }

  void orders(const MailOrder& order) {
    ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<void> {
      order_mail(tx, keys, ids, clock.now(), order);
      return {};
    }));
  }

  void orders_text() {
    ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<void> {
      order_text(tx, keys, ids, clock.now(),
                 {.owner = ids.make<UserId>(),
                  .kind = "verify_phone",
                  .to = "+436641234567",
                  .locale = "de",
                  .values = {{"code", "042137"}, {"service_name", "Example"}, {"domain", "id.example.org"}},
                  .expires_at = clock.now() + 10min,
                  .once = true});
      return {};
    }));
  }

  JobRow job() {
    return db->read([](Transaction& tx) -> Result<JobRow> { return tx.one(the_job); }).value();
  }

  void runs(const Statement<void()>& statement) {
    ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<std::int64_t> { return tx.execute(statement); }));
  }

  std::int64_t count(const Statement<CountRow()>& statement) {
    return db->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(statement).count; }).value();
  }

  /// Lets an executor work until nothing is due, then moves on to when something may be, for a day.
  void a_day_passes(Duration step = 1s) {
    for (Duration passed{}; passed < 25h; passed += step, clock.advances(step))
      while (executor.run_one()) {
      }
  }

  /// A second executor, as another process would have it.
  std::unique_ptr<Executor> another() { return std::make_unique<Executor>(parts, "example.org"); }

  testing::TestDatabase db;
  testing::MovedClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
  vault::ServerKeys server_keys{*db, clock, ids, random, Secret(std::string(32, 'm')), crypto::JwsAlgorithm::es256};
  vault::DataKeys keys{server_keys, clock, random};
  MailTemplates templates{""};
  MoodyMailer mailer;
  MoodyGateway gateway;
  RememberingLog log;
  ExecutorParts parts{*db, keys, templates, mailer, gateway, clock, random, log};
  Executor executor{parts, "example.org"};
};

TEST_F(ExecutorTest, SendsAMailAndForgetsItsContent) {
  orders_mail();
  EXPECT_THAT(std::string(as_text(job().payload)), Not(HasSubstr("042137")));
  EXPECT_TRUE(executor.run_one());
  EXPECT_FALSE(executor.run_one());
  ASSERT_EQ(mailer.handed_over().size(), 1u);
  const Mail mail = mailer.handed_over()[0];
  EXPECT_EQ(mail.to, "ada@example.org");
  EXPECT_THAT(mail.text, HasSubstr("042137"));
  EXPECT_THAT(mail.message_id, HasSubstr("@example.org"));
  EXPECT_EQ(job().state, "done");
  EXPECT_EQ(job().attempts, 1);
  EXPECT_TRUE(job().payload.empty());
  EXPECT_EQ(job().finished_at, clock.now());
}

TEST_F(ExecutorTest, SendsATextAndForgetsItsContent) {
  orders_text();
  EXPECT_THAT(std::string(as_text(job().payload)), Not(HasSubstr("664")));
  EXPECT_TRUE(executor.run_one());
  EXPECT_FALSE(executor.run_one());
  ASSERT_EQ(gateway.handed_over.size(), 1u);
  EXPECT_EQ(gateway.handed_over[0].to, "+436641234567");
  EXPECT_THAT(gateway.handed_over[0].text, HasSubstr("042137 ist Ihr Code"));
  EXPECT_THAT(gateway.handed_over[0].text, ::testing::EndsWith("\n@id.example.org #042137"));
  EXPECT_THAT(mailer.handed_over(), ::testing::IsEmpty());
  EXPECT_EQ(job().state, "done");
  EXPECT_TRUE(job().payload.empty());
}

TEST_F(ExecutorTest, TriesATextAgainButNeverSendsItTwice) {
  gateway.outcomes = {Delivery::refused_for_now, Delivery::unknown};
  orders_text();
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().state, "ready");
  EXPECT_EQ(executor.waiting(), 1);
  a_day_passes(10s);
  EXPECT_EQ(job().state, "dead");
  EXPECT_EQ(job().attempts, 2);
  EXPECT_EQ(gateway.handed_over.size(), 1u);
}

TEST_F(ExecutorTest, SendsTextsBeforeMailsThatWait) {
  orders_mail();
  orders_text();
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(gateway.handed_over.size(), 1u);
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(mailer.handed_over().size(), 1u);
  EXPECT_FALSE(executor.run_one());
}

TEST_F(ExecutorTest, TriesAgainLaterWithTheSameMessageId) {
  mailer.will({Mood::puts_off, Mood::throws, Mood::puts_off_after_data});
  orders_mail();
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().state, "ready");
  EXPECT_EQ(job().last_error, "451 later");
  clock.advances(4s);
  EXPECT_FALSE(executor.run_one());
  EXPECT_EQ(executor.waiting(), 1) << "though it is not due";
  clock.advances(2s);
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().last_error, "no memory");
  clock.advances(36s);
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().state, "ready") << "the server said that it does not have it";
  EXPECT_EQ(job().handed_over_at, std::nullopt);
  clock.advances(72s);
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().state, "done");
  EXPECT_FALSE(executor.run_one());
  EXPECT_EQ(executor.waiting(), 0);
  const auto mails = mailer.handed_over();
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].message_id, mails[1].message_id);
}

TEST_F(ExecutorTest, WhatIsRefusedIsDead) {
  mailer.will({Mood::refuses});
  orders_mail();
  a_day_passes(10min);
  EXPECT_EQ(job().state, "dead");
  EXPECT_EQ(job().attempts, 1);
  EXPECT_EQ(job().last_error, "550 no ? such??user");
  EXPECT_TRUE(job().payload.empty());
}

// Nothing that is thrown leaves a job to be tried for ever without a line.
TEST_F(ExecutorTest, AnyExceptionIsRetriedInSightAndEndsDead) {
  const MailOrder order{.owner = ids.make<UserId>(),
                        .kind = "verify_email",
                        .to = "ada@example.org",
                        .locale = "en",
                        .values = {{"code", "042137"}},
                        .expires_at = clock.now() + 10min,
                        .once = true};
  MailOrder not_utf8 = order, of_no_kind = order;
  not_utf8.values.emplace_back("service_name", "\xC4");
  of_no_kind.kind = "nonsense";
  for (MailOrder broken : {not_utf8, of_no_kind}) {
    broken.expires_at = clock.now() + 10min;
    orders(broken);
    EXPECT_TRUE(executor.run_one());
    EXPECT_EQ(job().state, "ready");
    EXPECT_THAT(log.taken(), HasSubstr("job.retry"));
    for (int i = 0; i < 100; ++i, clock.advances(10s)) executor.run_one();
    EXPECT_EQ(job().state, "dead");
    EXPECT_THAT(log.taken(), HasSubstr("job.dead"));
    runs({"DELETE FROM jobs"});
  }
  mailer.before_send = [] { throw StorageError("the database is gone"); };
  orders_mail();
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(job().last_error, "the database is gone");
  EXPECT_THAT(log.taken(), HasSubstr("job.retry"));
}

TEST_F(ExecutorTest, AnOutcomeThatCannotBeStoredIsRetriedInSight) {
  orders_mail(false);
  mailer.after_hand_over = [this] {
    runs({"CREATE TRIGGER full BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END"});
  };
  EXPECT_ANY_THROW(executor.run_one());
  EXPECT_THAT(log.lines(), HasSubstr("job.retry"));
}

// security.md D2: once means once.
TEST_F(ExecutorTest, ACodeWhoseFateIsUnknownIsNotSentAgain) {
  for (const Mood mood : {Mood::loses_the_answer, Mood::throws_after_data}) {
    mailer.will({mood});
    orders_mail();
    a_day_passes(10min);
    EXPECT_EQ(job().state, "dead");
    runs({"DELETE FROM jobs"});
  }
  EXPECT_EQ(mailer.handed_over().size(), 2u);
}

TEST_F(ExecutorTest, AnythingElseIsSentAgain) {
  mailer.will({Mood::loses_the_answer});
  orders_mail(false, 24h);
  a_day_passes(1min);
  EXPECT_EQ(job().state, "done");
  EXPECT_EQ(mailer.handed_over().size(), 2u);
}

struct Killed {};  // no std::exception: nothing in the program catches it

// B30
TEST_F(ExecutorTest, AnExecutorThatDiedAfterTheHandOverBuriesACode) {
  orders_mail();
  mailer.after_hand_over = [] { throw Killed(); };
  EXPECT_THROW(executor.run_one(), Killed);
  mailer.after_hand_over = nullptr;
  EXPECT_EQ(job().handed_over_at, clock.now()) << "committed before the message goes out";
  clock.advances(lease_length - 1us);
  EXPECT_FALSE(another()->run_one()) << "the lease is in force";
  EXPECT_EQ(job().state, "running");
  clock.advances(1us);
  EXPECT_FALSE(another()->run_one());
  EXPECT_EQ(job().state, "dead");
  EXPECT_TRUE(mailer.handed_over().empty());
}

TEST_F(ExecutorTest, AnExecutorThatDiedBeforeTheHandOverIsSucceeded) {
  orders_mail();
  mailer.before_send = [] { throw Killed(); };
  EXPECT_THROW(executor.run_one(), Killed);
  mailer.before_send = nullptr;
  clock.advances(lease_length);
  EXPECT_TRUE(another()->run_one());
  EXPECT_EQ(job().state, "done");
  EXPECT_EQ(job().attempts, 2);
  EXPECT_EQ(mailer.handed_over().size(), 1u);
}

TEST_F(ExecutorTest, AnExecutorThatSleptThroughItsLeaseLeavesTheJob) {
  orders_mail();
  const auto second = another();
  mailer.before_send = [&] {
    mailer.before_send = nullptr;
    clock.advances(lease_length);
    EXPECT_TRUE(second->run_one());
  };
  EXPECT_TRUE(executor.run_one());
  EXPECT_EQ(mailer.handed_over().size(), 1u) << "the second executor's";
  EXPECT_EQ(job().state, "done");
  EXPECT_THAT(log.lines(), HasSubstr("job.left"));
}

// B29
TEST_F(ExecutorTest, WhileTheServerIsAwayCodesExpireAndNothingFloodsAfterwards) {
  mailer.will({Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off,
               Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off, Mood::puts_off});
  orders_mail();
  a_day_passes(10s);
  EXPECT_EQ(job().state, "dead");
  EXPECT_EQ(job().attempts, 6);
  EXPECT_TRUE(mailer.handed_over().empty());
}

TEST_F(ExecutorTest, WhatExpiredWhileNobodyWorkedIsNotSent) {
  orders_mail();
  clock.advances(10min);
  EXPECT_FALSE(executor.run_one());
  EXPECT_EQ(job().state, "dead");
  EXPECT_THAT(*job().last_error, HasSubstr("expired"));
}

TEST_F(ExecutorTest, AttemptsAreBounded) {
  mailer.before_send = [] { throw std::runtime_error("never"); };
  orders_mail(false, 1000h);
  for (int i = 0; i < 40; ++i, clock.advances(5h)) executor.run_one();
  EXPECT_EQ(job().state, "dead");
  EXPECT_EQ(job().attempts, most_attempts);
}

TEST_F(ExecutorTest, APayloadOfAnotherJobDoesNotOpen) {
  orders_mail();
  orders_mail();
  runs({"UPDATE jobs SET payload = (SELECT payload FROM jobs ORDER BY id LIMIT 1)"});
  while (executor.run_one()) {
  }
  EXPECT_EQ(mailer.handed_over().size(), 1u);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'dead'"}), 1);
}

TEST_F(ExecutorTest, NoSecretReachesTheLogOrTheRow) {
  mailer.will({Mood::puts_off, Mood::loses_the_answer});
  orders_mail(false, 24h);
  a_day_passes(1min);
  EXPECT_EQ(job().state, "done");
  EXPECT_THAT(log.lines(), Not(HasSubstr("042137")));
  EXPECT_THAT(log.lines(), Not(HasSubstr("id.example.org/v")));
}

TEST_F(ExecutorTest, SeveralExecutorsShareTheWork) {
  for (int i = 0; i < 60; ++i) orders_mail();
  const auto second = another();
  executor.start(3);
  second->start(3);
  for (int i = 0; i < 1000 && count({"SELECT count(*) FROM jobs WHERE state <> 'done'"}) > 0; ++i)
    std::this_thread::sleep_for(10ms);
  executor.stop();
  second->stop();
  EXPECT_EQ(mailer.handed_over().size(), 60u);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 1"}), 60);
}

TEST_F(ExecutorTest, BeginsAtOnceWhenWoken) {
  executor.start(2);
  std::this_thread::sleep_for(50ms);
  const auto begun = std::chrono::steady_clock::now();
  orders_mail();
  executor.wake();
  while (mailer.handed_over().empty() && std::chrono::steady_clock::now() < begun + 5s)
    std::this_thread::sleep_for(1ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms);
  executor.stop();
}

TEST_F(ExecutorTest, StopFinishesWhatIsUnderWay) {
  std::atomic<bool> begun{false};
  mailer.after_hand_over = [&] {
    begun = true;
    std::this_thread::sleep_for(100ms);
  };
  orders_mail();
  executor.start(1);
  while (!begun) std::this_thread::sleep_for(1ms);
  executor.stop();
  EXPECT_EQ(job().state, "done");
}

// What was not handed over is tried again by whoever comes next.
TEST_F(ExecutorTest, StopHasTheMailerBreakOffWhatTakesTooLong) {
  mailer.will({Mood::puts_off});
  std::atomic<bool> begun{false};
  mailer.before_send = [&] {
    begun = true;
    while (!mailer.is_interrupted) std::this_thread::sleep_for(1ms);
  };
  orders_mail();
  executor.start(1);
  while (!begun) std::this_thread::sleep_for(1ms);
  executor.stop(std::chrono::steady_clock::now() + 50ms);
  EXPECT_TRUE(mailer.is_interrupted);
  EXPECT_EQ(job().state, "ready");
  EXPECT_TRUE(mailer.handed_over().empty());
}

TEST_F(ExecutorTest, StopInterruptsNobodyWhoIsDone) {
  executor.start(2);
  executor.stop();
  EXPECT_FALSE(mailer.is_interrupted);
}

TEST_F(ExecutorTest, IsAtWorkWhileItRuns) {
  EXPECT_FALSE(executor.is_at_work());
  executor.start(1);
  EXPECT_TRUE(executor.is_at_work());
  executor.stop();
  EXPECT_FALSE(executor.is_at_work());
}

TEST_F(ExecutorTest, CleansUpByItselfUntilNothingIsLeft) {
  static constexpr Statement<void(Uuid, Time)> insert_guess{
      "INSERT INTO code_guesses (id, identifier_hash, purpose, guessed_at) VALUES ($1, x'', '', $2)"};
  constexpr int rows = 5'200;
  ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<void> {
    for (int i = 0; i < rows; ++i) tx.execute(insert_guess, ids.make_uuid(), clock.now() - 48h);
    return {};
  }));
  executor.start(2);
  for (int i = 0; i < 1500 && count({"SELECT count(*) FROM code_guesses"}) > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(count({"SELECT count(*) FROM code_guesses"}), 0) << "while the clock stands still";
}

}  // namespace
}  // namespace ostiary::delivery
