#include <gmock/gmock.h>

#include <atomic>
#include <set>
#include <thread>

#include "crypto/digest.hpp"
#include "delivery/clean_up.hpp"
#include "delivery/executor.hpp"
#include "delivery/outbox.hpp"
#include "delivery/statements.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using namespace delivery;

struct CountRow {
  std::int64_t count;
};

/// Keeps whom it was told to send to, from any thread.
class CountingMailer final : public Mailer {
 public:
  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override {
    before_data();
    const std::lock_guard lock(mutex_);
    recipients_.insert(mail.to);
    return {Delivery::accepted, ""};
  }
  std::string description() const override { return "counted by the test"; }
  std::multiset<std::string> recipients() const {
    const std::lock_guard lock(mutex_);
    return recipients_;
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> recipients_;
};

class DeliveryOnEveryEngine : public OnEveryEngine {
 protected:
  template <class Write>
  void writes(const Write& write) {
    ASSERT_TRUE(database->transaction([&](Transaction& tx) -> Result<void> {
      write(tx);
      return {};
    }));
  }

  std::int64_t count(const Statement<CountRow()>& statement) {
    return database->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(statement).count; }).value();
  }

  void orders_mail(const std::string& to, bool once) {
    writes([&](Transaction& tx) {
      order_mail(tx, world.data_keys, world.ids, now(),
                 {.owner = owner,
                  .kind = "registration_notice",
                  .to = to,
                  .locale = "de",
                  .values = {},
                  .expires_at = now() + 1h,
                  .once = once});
    });
  }

  void leaves_behind(int sessions, int attempts);

  /// Until nothing is left. How many rows are gone.
  std::int64_t cleans_up(Database& db) const {
    std::int64_t rows = 0;
    for (CleanedUp last{.left_some = true}; last.left_some; rows += last.rows) last = clean_up(db, Retention{}, now());
    return rows;
  }
  std::int64_t cleans_up() const { return cleans_up(*database); }

  Time now() const { return world.clock.now(); }

  World world{*database};
  UserId owner = world.ids.make<UserId>();
};
ON_EVERY_ENGINE(DeliveryOnEveryEngine);

TEST_P(DeliveryOnEveryEngine, ExecutorsOfTwoInstancesShareTheWork) {
  constexpr int mails = 80;
  for (int i = 0; i < mails; ++i) orders_mail("user" + std::to_string(i) + "@example.org", i % 2 == 0);
  const auto opened_again = database.is_sqlite() ? nullptr : database.open();
  Database& second_database = opened_again ? *opened_again : *database;
  CountingMailer mailer;
  Executor first(
      {*database, world.data_keys, world.templates, mailer, world.gateway, world.clock, world.random, world.log},
      "e.org");
  Executor second(
      {second_database, world.data_keys, world.templates, mailer, world.gateway, world.clock, world.random, world.log},
      "e.org");
  first.start(3);
  second.start(3);
  for (int i = 0; i < 2000 && count({"SELECT count(*) FROM jobs WHERE state <> 'done'"}) > 0; ++i)
    std::this_thread::sleep_for(10ms);
  first.stop();
  second.stop();
  const auto recipients = mailer.recipients();
  EXPECT_EQ(database->reruns(), 0) << "they never collide";
  EXPECT_EQ(second_database.reruns(), 0);
  EXPECT_EQ(recipients.size(), std::size_t{mails});
  EXPECT_EQ(std::set(recipients.begin(), recipients.end()).size(), std::size_t{mails}) << "one each";
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 1"}), mails);
  for (const std::string& line : world.log.lines()) EXPECT_THAT(line, ::testing::StartsWith("job.done"));
}

TEST_P(DeliveryOnEveryEngine, TheNextExecutorDealsWithAbandonedJobs) {
  orders_mail("once@example.org", true);
  orders_mail("again@example.org", false);
  writes([&](Transaction& tx) {
    while (const auto job = tx.optional(delivery::statements::next_due_job, mail_job, now())) {
      tx.execute(delivery::statements::lease_job, job->id, 1, now() + lease_length);
      tx.execute(delivery::statements::mark_handed_over, job->id, 1, now());
    }
  });
  EXPECT_TRUE(world.delivered().empty());
  world.clock.advances(lease_length);
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].to, "again@example.org");
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'dead' AND finished_at IS NOT NULL"}), 1);
}

TEST_P(DeliveryOnEveryEngine, AnExecutorPassesOverTheJobThatAnotherIsAboutToClaim) {
  if (database.is_sqlite()) return;  // it has one writer, and no locks of rows
  orders_mail("first@example.org", true);
  orders_mail("second@example.org", true);
  const auto opened_again = database.open();
  Executor other({*opened_again, world.data_keys, world.templates, world.mailer, world.gateway, world.clock,
                  world.random, world.log},
                 "e.org");
  const auto job = database->transaction(Isolation::read_committed, [&](Transaction& tx) -> Result<JobId> {
    const auto mine = tx.one(delivery::statements::next_due_job, mail_job, now());
    EXPECT_TRUE(other.run_one()) << "it does not wait, and finds the second one";
    EXPECT_FALSE(other.run_one()) << "no other is left";
    tx.execute(delivery::statements::lease_job, mine.id, 1, now() + lease_length);
    return mine.id;
  });
  EXPECT_TRUE(job);
  EXPECT_EQ(world.mailer.mails.size(), 1U);
  EXPECT_EQ(database->reruns() + opened_again->reruns(), 0);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'running' AND attempts = 1"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 1"}), 1);
}

TEST_P(DeliveryOnEveryEngine, AJobKnowsItsOwnerAndForgetsItsPayloadWhenItIsOver) {
  static constexpr Statement<CountRow(UserId)> count_of_owner{"SELECT count(*) FROM jobs WHERE owner_id = $1"};
  orders_mail("done@example.org", true);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE length(payload) > 0"}), 1);
  EXPECT_EQ(world.delivered().size(), 1U);
  orders_mail("late@example.org", true);
  world.clock.advances(1h);
  EXPECT_TRUE(world.delivered().empty());
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE state IN ('done', 'dead')"}), 2);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs WHERE length(payload) > 0"}), 0);
  const auto owned =
      database->read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(count_of_owner, owner).count; });
  EXPECT_EQ(owned, 2);
}

TEST_P(DeliveryOnEveryEngine, AClockThatWasSetBackBringsEveryWaitingJobForward) {
  constexpr int jobs = 250;
  for (int i = 0; i < jobs; ++i) orders_mail("ada@example.org", false);
  const Time back = now() - 2h;
  std::optional from(back + 1us);
  const auto bring = [&] {
    const auto some =
        *database->transaction(Isolation::read_committed, [&](Transaction& tx) -> Result<delivery::BroughtForward> {
          return delivery::bring_some_forward(tx, mail_job, back, *from);
        });
    from = some.next;
    return some.jobs;
  };
  EXPECT_EQ(bring(), 100) << "no more at once";
  EXPECT_EQ(from, now()) << "goes on where it ended, also among jobs of the same time";
  EXPECT_EQ(bring(), 100);
  EXPECT_EQ(bring(), 50);
  EXPECT_EQ(bring(), 0);
  EXPECT_FALSE(from);
}

TEST_P(DeliveryOnEveryEngine, AMailIsPutOffUntilItsTime) {
  orders_mail("ada@example.org", true);
  writes([&](Transaction& tx) {
    const auto job = tx.one(delivery::statements::next_due_job, mail_job, now());
    tx.execute(delivery::statements::lease_job, job.id, 1, now() + lease_length);
    EXPECT_EQ(tx.execute(delivery::statements::mark_for_retry, job.id, 2, now() + 5s, "not the holder"), 0);
    EXPECT_EQ(tx.execute(delivery::statements::mark_for_retry, job.id, 1, now() + 5s, "451 later"), 1);
  });
  world.clock.advances(5s - 1us);
  EXPECT_TRUE(world.delivered().empty());
  world.clock.advances(1us);
  EXPECT_EQ(world.delivered().size(), 1U);
}

TEST_P(DeliveryOnEveryEngine, JobsAreDeletedInTheirTime) {
  const auto insert = [&](std::string_view to, bool dead, Duration age) {
    orders_mail(std::string(to), false);
    writes([&](Transaction& tx) {
      const auto job = tx.one(delivery::statements::next_due_job, mail_job, now());
      tx.execute(delivery::statements::lease_job, job.id, 1, now());
      if (dead) tx.execute(delivery::statements::bury_job, job.id, 1, now() - age, "", BytesView());
      else tx.execute(delivery::statements::mark_done, job.id, 1, now() - age, Bytes{});
    });
  };
  for (int i = 0; i < 105; ++i) insert("done", false, 7 * 24h + 1us);
  insert("done", false, 7 * 24h);
  insert("dead", true, 30 * 24h + 1us);
  insert("dead", true, 30 * 24h);
  EXPECT_EQ(cleans_up(), 106);
  EXPECT_EQ(count({"SELECT count(*) FROM jobs"}), 2);
  EXPECT_EQ(cleans_up(), 0);
}

constexpr Statement<void(UserId, Time)> insert_user{R"sql(
  INSERT INTO users (id, email, email_canonical, email_verified, status, created_at, updated_at, version)
  VALUES ($1, 'a@b.org', 'a@b.org', true, 'active', $2, $2, 1)
)sql"};

TEST_P(DeliveryOnEveryEngine, ExpiredRegistrationsGo) {
  static constexpr Statement<void(Uuid, BytesView, Time)> insert_challenge{R"sql(
    INSERT INTO challenges (id, purpose, subject, device_hash, code_mac, link_hash, key_id, attempts, code_expires_at,
      resend_at, created_at, expires_at)
    VALUES ($1, 'verify_email', '', $2, $2, $2, $1, 0, $3, $3, $3, $3)
  )sql"};
  static constexpr Statement<void(Uuid, UserId)> insert_registration{R"sql(
    INSERT INTO pending_registrations (id, user_id, email, display_name, locale, password_hash)
    VALUES ($1, $2, '', '', '', '')
  )sql"};
  writes([&](Transaction& tx) {
    for (const Time expires_at : {now() - 1us, now(), now() - 1h}) {
      const auto id = world.ids.make_uuid();
      tx.execute(insert_challenge, id, world.random.bytes(32), expires_at);
      tx.execute(insert_registration, id, world.ids.make<UserId>());
    }
    // Of another purpose: nobody's registration.
    tx.execute(insert_challenge, world.ids.make_uuid(), world.random.bytes(32), now() - 1us);
  });
  EXPECT_EQ(cleans_up(), 3);
  EXPECT_EQ(count({"SELECT count(*) FROM challenges"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM pending_registrations"}), 1);
}

constexpr Statement<void(SessionId, UserId, BytesView, Time)> insert_session{R"sql(
  INSERT INTO sessions (id, user_id, device_hash, user_agent, device_name, address, amr, auth_time, created_at,
    expires_at, version)
  VALUES ($1, $2, $3, '', '', '', '', $4, $4, $4, 1)
)sql"};
constexpr Statement<void(SessionId, Time)> end_session{"UPDATE sessions SET ended_at = $2 WHERE id = $1"};
constexpr Statement<void(ChainId, SessionId, BytesView, Time)> insert_chain{R"sql(
  INSERT INTO refresh_chains (id, session_id, key_id, generation, current_hash, issued_at, expires_at)
  VALUES ($1, $2, $1, 1, $3, $4, $4)
)sql"};
constexpr Statement<void(AttemptId, BytesView, Time)> insert_attempt{R"sql(
  INSERT INTO login_attempts (id, identifier_hash, address, success, reason, attempted_at)
  VALUES ($1, $2, '', true, '', $3)
)sql"};
constexpr Statement<void(UserId, Digest, Time)> insert_device{R"sql(
  INSERT INTO devices (user_id, device_hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $3)
)sql"};

TEST_P(DeliveryOnEveryEngine, SessionsGuessesAndAttemptsGoInTheirTime) {
  static constexpr Statement<void(Uuid, BytesView, Time)> insert_guess{R"sql(
    INSERT INTO code_guesses (id, identifier_hash, purpose, guessed_at) VALUES ($1, $2, '', $3)
  )sql"};
  writes([&](Transaction& tx) {
    const auto user = world.ids.make<UserId>();
    tx.execute(insert_user, user, now());
    for (const Duration more : {Duration(0), Duration(1)}) {
      const auto session = world.ids.make<SessionId>();
      tx.execute(insert_session, session, user, world.random.bytes(32), now() - 30 * 24h - more);
      for (int chain = 0; chain < 2; ++chain)
        tx.execute(insert_chain, world.ids.make<ChainId>(), session, world.random.bytes(32), now());
      const auto ended = world.ids.make<SessionId>();
      tx.execute(insert_session, ended, user, world.random.bytes(32), now() + 300 * 24h);
      tx.execute(insert_chain, world.ids.make<ChainId>(), ended, world.random.bytes(32), now() + 300 * 24h);
      tx.execute(end_session, ended, now() - 30 * 24h - more);
      tx.execute(insert_guess, world.ids.make_uuid(), world.random.bytes(32), now() - 24h - more);
      tx.execute(insert_attempt, world.ids.make<AttemptId>(), world.random.bytes(32), now() - 90 * 24h - more);
    }
  });
  EXPECT_EQ(cleans_up(), 2 + 1 + 1) << "a session past its longest life, and one whose end is long ago";
  EXPECT_EQ(count({"SELECT count(*) FROM sessions"}), 2);
  EXPECT_EQ(count({"SELECT count(*) FROM refresh_chains"}), 2 + 1);
  EXPECT_EQ(count({"SELECT count(*) FROM code_guesses"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM login_attempts"}), 1);
}

TEST_P(DeliveryOnEveryEngine, DevicesGoWhenTheirCookieHasLongExpired) {
  const auto user = world.ids.make<UserId>();
  writes([&](Transaction& tx) {
    tx.execute(insert_user, user, now());
    for (int i = 0; i < 150; ++i)
      tx.execute(insert_device, user, crypto::sha256(world.random.bytes(32)), now() - 366 * 24h - 1us);
    tx.execute(insert_device, user, crypto::sha256(world.random.bytes(32)), now() - 366 * 24h);
    tx.execute(insert_device, user, crypto::sha256(world.random.bytes(32)), now());
  });
  EXPECT_EQ(cleans_up(), 150);
  EXPECT_EQ(count({"SELECT count(*) FROM devices"}), 2);
  EXPECT_EQ(cleans_up(), 0);
}

/// Sessions with a refresh chain each, and login attempts, that are past their retention.
void DeliveryOnEveryEngine::leaves_behind(int sessions, int attempts) {
  writes([&](Transaction& tx) {
    const auto user = world.ids.make<UserId>();
    tx.execute(insert_user, user, now());
    for (int i = 0; i < sessions; ++i) {
      const auto session = world.ids.make<SessionId>();
      tx.execute(insert_session, session, user, world.random.bytes(32), now() - 31 * 24h);
      tx.execute(insert_chain, world.ids.make<ChainId>(), session, world.random.bytes(32), now() - 31 * 24h);
    }
    for (int i = 0; i < attempts; ++i)
      tx.execute(insert_attempt, world.ids.make<AttemptId>(), world.random.bytes(32), now() - 91 * 24h);
  });
}

TEST_P(DeliveryOnEveryEngine, OneCallIsShortAndTellsWhetherItLeftSomething) {
  constexpr int sessions = 150, attempts = 200;
  leaves_behind(sessions, attempts);
  EXPECT_EQ(clean_up(*database, Retention{}, now(), [] { return true; }).rows, 0) << "it was told to stop";
  std::int64_t rows = 0;
  int calls = 0;
  for (CleanedUp last{.left_some = true}; last.left_some && calls < 10; ++calls) {
    last = clean_up(*database, Retention{}, now());
    EXPECT_LE(last.rows, 100 + 100) << "sessions, attempts";
    rows += last.rows;
    EXPECT_EQ(last.left_some, last.rows > 0);
  }
  EXPECT_EQ(rows, sessions + attempts);
  EXPECT_EQ(calls, 2 + 1) << "nobody waits behind another kind's backlog";
}

TEST_P(DeliveryOnEveryEngine, SeveralInstancesCleanUpTogether) {
  constexpr int sessions = 700, attempts = 1500;
  leaves_behind(sessions, attempts);
  std::atomic<std::int64_t> rows = 0;
  {
    std::vector<std::jthread> instances;
    for (int i = 0; i < 4; ++i) {
      instances.emplace_back([&] {
        const auto opened_again = database.is_sqlite() ? nullptr : database.open();
        rows += cleans_up(opened_again ? *opened_again : *database);
      });
    }
  }
  EXPECT_EQ(rows, sessions + attempts);
  EXPECT_EQ(count({"SELECT count(*) FROM refresh_chains"}), 0);
  EXPECT_EQ(cleans_up(), 0);
}

TEST_P(DeliveryOnEveryEngine, EventsGoWhenTheyArePublishedOrOld) {
  static constexpr Statement<void(Time)> publish_two{
      "UPDATE outbox SET published_at = $1 WHERE aggregate_version IN (1, 2)"};
  const auto user = world.ids.make_uuid();
  writes([&](Transaction& tx) {
    const auto announce_at = [&](std::int64_t version, Time time) {
      announce(tx, world.ids, time, {.type = "user.made", .aggregate_id = user, .aggregate_version = version});
    };
    announce_at(1, now());
    announce_at(2, now() - 8 * 24h);
    tx.execute(publish_two, now() - 1us);
    announce_at(3, now() - 7 * 24h - 1us);
    announce_at(4, now() - 7 * 24h);
    for (std::int64_t version = 5; version < 155; ++version) announce_at(version, now() - 30 * 24h);
  });
  EXPECT_EQ(cleans_up(), 2 + 1 + 150);
  EXPECT_EQ(count({"SELECT count(*) FROM outbox WHERE aggregate_version = 4"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM outbox"}), 1);
}

struct EventRow {
  std::string topic;
  std::string type;
  Uuid aggregate_id;
  std::int64_t aggregate_version;
  std::string payload;
  Time occurred_at;
};

TEST_P(DeliveryOnEveryEngine, EventsWaitInTheOutbox) {
  static constexpr Statement<EventRow()> find_event{R"sql(
    SELECT topic, type, aggregate_id, aggregate_version, payload, occurred_at FROM outbox WHERE published_at IS NULL
  )sql"};
  const auto user = world.ids.make_uuid();
  writes([&](Transaction& tx) {
    announce(tx, world.ids, now(),
             {.type = "user.registered",
              .aggregate_id = user,
              .aggregate_version = 3,
              .payload = {{"user_id", to_string(user)}, {"how", "\"quoted\"\n"}}});
  });
  const auto event = database->read([](Transaction& tx) -> Result<EventRow> { return tx.one(find_event); }).value();
  EXPECT_EQ(event.topic, "user.events");
  EXPECT_EQ(event.type, "user.registered");
  EXPECT_EQ(event.aggregate_id, user);
  EXPECT_EQ(event.aggregate_version, 3);
  EXPECT_EQ(event.payload, "{\"user_id\":\"" + to_string(user) + "\",\"how\":\"\\\"quoted\\\"\\n\"}");
  EXPECT_EQ(event.occurred_at, now());
}

}  // namespace
}  // namespace ostiary::testing
