// The rooms' use cases on every engine, with the clock in the test's hand.
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "access/roles.hpp"
#include "accounts/change_status.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/profile.hpp"
#include "crypto/digest.hpp"
#include "delivery/clean_up.hpp"
#include "sessions/chains.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Rooms : public OnEveryEngine {
 protected:
  World world{*database};
  Person ada{world, "Ada@Example.org"};

  struct CountRow {
    std::int64_t count;
  };
  std::int64_t count(const Statement<CountRow()>& statement) {
    return (*world.db.read([&](Transaction& tx) -> Result<CountRow> { return tx.one(statement); })).count;
  }

  /// A call from the command line: nobody is signed in.
  Call operator_call() const {
    Call call;
    call.received_at = world.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.caller = Operator{};
    return call;
  }

  struct EventRow {
    std::string type;
    std::int64_t version;
  };
  /// The types of the events like `pattern` with their aggregate's version, in its order.
  std::vector<std::string> events_of(const std::string& pattern) {
    static constexpr Statement<EventRow(std::string)> find{
        "SELECT type, aggregate_version FROM outbox WHERE type LIKE $1 ORDER BY aggregate_version LIMIT 100"};
    std::vector<std::string> events;
    const auto rows =
        *world.db.read([&](Transaction& tx) -> Result<std::vector<EventRow>> { return tx.all(find, pattern); });
    for (const auto& row : rows) {
      events.push_back(row.type + " " + std::to_string(row.version));
    }
    return events;
  }

  struct ActorRow {
    std::string kind;
    bool is_owner;
    std::string line() const { return kind + (is_owner ? " who owns it" : ""); }
  };
  /// Who did what has this action, in its order.
  std::vector<std::string> actors_of(const std::string& action) {
    static constexpr Statement<ActorRow(std::string)> find{
        "SELECT actor_kind, actor_id IS NOT NULL AND actor_id = user_id FROM audit_log WHERE action = $1 "
        "ORDER BY occurred_at, id LIMIT 100"};
    std::vector<std::string> actors;
    const auto rows =
        *world.db.read([&](Transaction& tx) -> Result<std::vector<ActorRow>> { return tx.all(find, action); });
    for (const auto& row : rows) actors.push_back(row.line());
    return actors;
  }

  /// How many rows of the audit log have this action.
  std::int64_t audited(const std::string& action) {
    static constexpr Statement<CountRow(std::string)> find{"SELECT count(*) FROM audit_log WHERE action = $1"};
    return (*world.db.read([&](Transaction& tx) -> Result<CountRow> { return tx.one(find, action); })).count;
  }
};
ON_EVERY_ENGINE(Rooms);

TEST_P(Rooms, RegisterVerifyAndSignInR05R42R43R44) {
  ASSERT_TRUE(ada.registers());
  EXPECT_EQ(refusal_of(ada.logs_in()), "email_not_verified");
  EXPECT_EQ(refusal_of(ada.logs_in("something else entirely")), "wrong_credentials");
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails.front().to, "Ada@Example.org");
  const auto verified = ada.verifies(code_in(mails.front()));
  ASSERT_TRUE(verified) << refusal_of(verified);
  EXPECT_TRUE(verified->user().email_verified());
  EXPECT_TRUE(ada.is_recognised());
  EXPECT_EQ(ada.is_recognised()->amr, std::vector<std::string>{"email"}) << "no second factor";
  ASSERT_TRUE(ada.logs_in());
  EXPECT_EQ(ada.is_recognised()->amr, std::vector<std::string>{"pwd"});
}

TEST_P(Rooms, ACodeWorksOnceB10) {
  ASSERT_TRUE(ada.registers());
  const auto code = code_in(world.delivered().front());
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      v1::VerifyEmailRequest request;
      request.set_verification_id(ada.verification_id);
      request.set_code(code);
      if (accounts::verify_email(world.accounts, ada.call(), request)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_P(Rooms, WrongCodesAreCountedPerCodeAndPerDayB10) {
  ASSERT_TRUE(ada.registers());
  auto code = code_in(world.delivered().front());
  const auto wrong = [&] { return code == "000000" ? "000001" : "000000"; };
  int guesses = 0;
  for (int round = 0; round < 3; ++round) {
    for (int attempt = 0; attempt < 3; ++attempt, ++guesses) EXPECT_EQ(refusal_of(ada.verifies(wrong())), "wrong_code");
    EXPECT_EQ(refusal_of(ada.verifies(code)), guesses < 10 ? "code_attempts_spent" : "code_budget_spent");
    world.clock.advances(61s);
    v1::ResendEmailCodeRequest request;
    request.set_verification_id(ada.verification_id);
    ASSERT_TRUE(accounts::resend_email_code(world.accounts, ada.call(), request));
    const auto old = code;
    code = code_in(world.delivered().front());
    if (round == 0 && old != code) {
      EXPECT_EQ(refusal_of(ada.verifies(old)), "wrong_code") << "a resend replaces the code";
      ++guesses;
      world.clock.advances(61s);
      ASSERT_TRUE(accounts::resend_email_code(world.accounts, ada.call(), request));
      code = code_in(world.delivered().front());
    }
  }
  ASSERT_EQ(guesses, 10);
  EXPECT_EQ(refusal_of(ada.verifies(code)), "code_budget_spent");

  // A registration begun anew shares the budget; the link is never refused for it.
  ASSERT_TRUE(ada.registers());
  const auto mail = world.delivered().front();
  EXPECT_EQ(refusal_of(ada.verifies(code_in(mail))), "code_budget_spent");
  const auto opened = ada.opens_link(token_in(mail));
  EXPECT_TRUE(opened) << refusal_of(opened);
}

TEST_P(Rooms, TheBudgetOfGuessesComesBackAfterADayB10) {
  ASSERT_TRUE(ada.registers());
  for (int guess = 0; guess < 3; ++guess) (void)ada.verifies("000000");
  world.clock.advances(24h + 1us);
  ASSERT_TRUE(ada.registers());
  EXPECT_TRUE(ada.verifies(code_in(world.delivered().back())));
}

TEST_P(Rooms, CodesAndLinksLiveTenMinutesR42) {
  ASSERT_TRUE(ada.registers());
  const auto mail = world.delivered().front();
  world.clock.advances(10min);
  EXPECT_EQ(refusal_of(ada.verifies(code_in(mail))), "code_expired");
  EXPECT_EQ(refusal_of(ada.opens_link(token_in(mail))), "link_invalid");
}

TEST_P(Rooms, AResendWaitsAndNamesTheTimeR42) {
  ASSERT_TRUE(ada.registers());
  v1::ResendEmailCodeRequest request;
  request.set_verification_id(ada.verification_id);
  world.clock.advances(20s);
  const auto refused = accounts::resend_email_code(world.accounts, ada.call(), request);
  EXPECT_EQ(refusal_of(refused), "resend_too_early");
  EXPECT_EQ(refused.error().retry_after, 40s);
  world.clock.advances(40s);
  EXPECT_TRUE(accounts::resend_email_code(world.accounts, ada.call(), request));
}

TEST_P(Rooms, ALinkInAnotherBrowserAsksForThePasswordB9B37) {
  ASSERT_TRUE(ada.registers());
  const auto token = token_in(world.delivered().front());
  ada.device_token.clear();
  EXPECT_EQ(refusal_of(ada.opens_link(token)), "password_required");
  EXPECT_EQ(refusal_of(ada.opens_link(token, "something else entirely")), "wrong_credentials");
  EXPECT_TRUE(ada.opens_link(token, "plaited copper lantern 42"));
  EXPECT_EQ(refusal_of(ada.opens_link(token, "plaited copper lantern 42")), "link_invalid") << "a link works once";
}

TEST_P(Rooms, AStrangersRegistrationNeverBecomesTheOwnersB37) {
  Person stranger(world, "ada@example.org", "wicked stranger password 7");
  ASSERT_TRUE(stranger.registers("ada"));
  const auto strangers_mail = world.delivered().front();
  // The owner opens what the stranger asked for: another browser, and not her password.
  EXPECT_EQ(refusal_of(ada.opens_link(token_in(strangers_mail), "plaited copper lantern 42")), "wrong_credentials");

  world.clock.advances(1s);
  ASSERT_TRUE(ada.registers());
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  EXPECT_EQ(refusal_of(stranger.logs_in()), "wrong_credentials");
  EXPECT_EQ(refusal_of(stranger.verifies(code_in(strangers_mail))), "already_verified")
      << "said to whoever reads her mail";
  EXPECT_EQ(refusal_of(stranger.opens_link(token_in(strangers_mail))), "link_invalid");
  EXPECT_TRUE(ada.logs_in());
  EXPECT_FALSE(ada.logs_in()->user().has_username());
}

TEST_P(Rooms, AKnownAddressGetsTheSameAnswerAndItsOwnerOneNoticeADayB1) {
  ada.settles_in();
  world.clock.advances(1s);
  Person stranger(world, "ADA@example.ORG", "wicked stranger password 7");
  const auto reply = stranger.registers();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message(), "success");
  EXPECT_FALSE(reply->verification_id().empty());
  auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails.front().to, "Ada@Example.org");
  EXPECT_EQ(code_in(mails.front()), "no code");
  EXPECT_THAT(mails.front().text, HasSubstr("\nhttps://app.example.org\n"));
  EXPECT_THAT(mails.front().html, HasSubstr("href=\"https://app.example.org\""));
  ASSERT_TRUE(stranger.registers());
  EXPECT_TRUE(world.delivered().empty());
  EXPECT_EQ(refusal_of(stranger.verifies("123456")), "wrong_code");
  EXPECT_EQ(refusal_of(stranger.logs_in()), "email_not_verified");
  world.clock.advances(24h);
  world.accounts.app_url.clear();
  ASSERT_TRUE(stranger.registers());
  mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails.front().text + mails.front().html, Not(HasSubstr("http"))) << "no link that leads nowhere";
}

// The time of the answer does not tell, either: a decoy writes as many rows as a registration that is mailed a code.
TEST_P(Rooms, ADecoyOrdersAMailThatIsNeverSentB1) {
  ada.settles_in();
  Person stranger(world, "ada@example.org", "wicked stranger password 7");
  ASSERT_TRUE(stranger.registers()) << "with a notice to the owner";
  world.delivered();
  static constexpr Statement<CountRow()> jobs{"SELECT count(*) FROM jobs"};
  static constexpr Statement<CountRow()> empty{
      "SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 0 AND length(payload) = 0"};
  const auto before = count(jobs);
  ASSERT_TRUE(stranger.registers());
  world.clock.advances(61s);
  v1::ResendEmailCodeRequest request;
  request.set_verification_id(stranger.verification_id);
  ASSERT_TRUE(accounts::resend_email_code(world.accounts, stranger.call(), request));
  EXPECT_EQ(count(jobs), before + 2);
  EXPECT_EQ(count(empty), 2);
  EXPECT_THAT(world.delivered(), IsEmpty());
}

TEST_P(Rooms, ACodesMailSaysHowLongItWorksAndWhoseItIs) {
  Person weird(world, "ada+tag&x=%@example.org");
  world.accounts.code_policy.code_lifetime = 30min;
  ASSERT_TRUE(weird.registers());
  const auto half_an_hour = world.delivered().front();
  EXPECT_THAT(half_an_hour.text, HasSubstr("valid for 30 minutes and"));
  EXPECT_THAT(half_an_hour.text, HasSubstr("&email=ada%2btag%26x%3d%25%40example.org\n"));
  world.accounts.code_policy.code_lifetime = 90s;
  ASSERT_TRUE(ada.registers());
  const auto short_lived = world.delivered().front();
  EXPECT_THAT(short_lived.text, HasSubstr("valid for 90 seconds and"));
  EXPECT_THAT(short_lived.html, HasSubstr("valid for 90 seconds and"));
}

TEST_P(Rooms, AUsernameIsReservedAndThenTakenR41) {
  ASSERT_TRUE(ada.registers("Ada"));
  Person bob(world, "bob@example.org");
  EXPECT_EQ(refusal_of(bob.registers("аda")), "username_taken") << "a Cyrillic а looks the same";
  EXPECT_EQ(world.delivered().size(), 1U);
  EXPECT_TRUE(ada.registers("ada")) << "one's own earlier try is in nobody's way";
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().back())));
  EXPECT_EQ(refusal_of(bob.registers("ADA")), "username_taken");
  v1::LoginRequest request;
  request.set_username("ADA");
  request.set_password("plaited copper lantern 42");
  EXPECT_TRUE(sessions::login(world.sessions, ada.call(), request));
}

TEST_P(Rooms, AtMostFivePendingForAnAddressAndTheNewestStands) {
  std::string newest_code;
  for (int i = 0; i < 8; ++i) {
    world.clock.advances(1s);
    ASSERT_TRUE(ada.registers());
    newest_code = code_in(world.delivered().front());
  }
  static constexpr Statement<CountRow()> pending{"SELECT count(*) FROM pending_registrations"};
  static constexpr Statement<CountRow()> keys{"SELECT count(*) FROM data_keys"};
  EXPECT_EQ(count(pending), 5);
  EXPECT_EQ(count(keys), 0) << "a data key is made with its account";
  EXPECT_TRUE(ada.verifies(newest_code));
  EXPECT_EQ(count(pending), 5) << "decoys from now on, until their day is over";
  EXPECT_EQ(count(keys), 1);
  world.clock.advances(24h + 1us);
  delivery::clean_up(world.db, {}, world.clock.now());
  EXPECT_EQ(count(pending), 0);
}

// Whoever fills the five makes the oldest go; not what was done to it.
TEST_P(Rooms, WhatWasDoneToARegistrationStaysReadableWhenItMakesRoom) {
  ASSERT_TRUE(ada.registers());
  const auto code = code_in(world.delivered().front());
  EXPECT_EQ(refusal_of(ada.verifies(code == "000000" ? "000001" : "000000")), "wrong_code");
  for (int i = 0; i < 5; ++i) {
    world.clock.advances(1s);
    ASSERT_TRUE(Person(world, "Ada@Example.org", "another person's password 7").registers());
  }
  EXPECT_EQ(refusal_of(ada.verifies(code)), "verification_unknown");
  const auto entries = *world.db.read([&](Transaction& tx) -> Result<std::vector<audit::AuditEntry>> {
    return audit::newest_entries(tx, world.data_keys, 100);
  });
  ASSERT_EQ(entries.size(), 1U);
  for (const auto& entry : entries) {
    EXPECT_EQ(entry.state, audit::EntryState::readable) << entry.action;
    EXPECT_NE(entry.details.find("203.0.113.7"), std::string::npos) << entry.action;
  }
}

constexpr Statement<void(KeyId, Time)> retire_key{"UPDATE server_keys SET retired_at = $2 WHERE id = $1"};

// B14: publish, wait, sign, retire. At every moment each instance takes the tokens of the other, by what it has read.
TEST_P(Rooms, NoTokenIsRefusedWhileTheSigningKeyChangesB14) {
  ada.settles_in();
  const auto session = *ada.is_recognised();
  const Duration lifetime = world.sessions.policy.access_lifetime;
  const KeyId older = world.keys.signing_key().id;
  world.clock.advances(1h);
  // An instance that was started anew, with another algorithm in its settings.
  vault::ServerKeys new_keys(world.db, world.clock, world.ids, world.random, Secret(std::string(32, 'k')),
                             crypto::JwsAlgorithm::eddsa);
  const sessions::AccessTokens new_tokens(new_keys, world.ids, {"https://id.example.org", "https://id.example.org"});
  const auto issued_by = [&](const sessions::AccessTokens& tokens) {
    const Time now = world.clock.now();
    return tokens.issue({session.user_id, session.session_id, {}, {"pwd"}, now, now, now + lifetime});
  };
  const auto pass = [&](Duration duration) {
    for (const Time end = world.clock.now() + duration; world.clock.now() < end;) {
      EXPECT_TRUE(world.tokens.verify(issued_by(new_tokens)));
      EXPECT_TRUE(new_tokens.verify(issued_by(world.tokens)));
      world.clock.advances(vault::pause_between_readings);
      world.keys.read_again();
      new_keys.read_again();
    }
  };
  pass(vault::published_before_signing + 1min);
  const KeyId newer = world.keys.signing_key().id;
  EXPECT_NE(newer, older);
  EXPECT_EQ(new_keys.signing_key().id, newer);
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> {
    tx.execute(retire_key, older, world.clock.now() + lifetime);
    return true;
  }));
  pass(lifetime + 1min);
  EXPECT_EQ(world.keys.published_keys().size(), 1U);
  EXPECT_EQ(new_keys.published_keys().size(), 1U);
}

// An instance that signs with a key which another one has not read yet: that one looks for it.
TEST_P(Rooms, ATokenOfAnInstanceWhoseKeyIsNewIsTaken) {
  ada.settles_in();
  world.clock.advances(1h);
  const vault::ServerKeys new_keys(world.db, world.clock, world.ids, world.random, Secret(std::string(32, 'k')),
                                   crypto::JwsAlgorithm::eddsa);
  world.clock.advances(vault::published_before_signing);
  ASSERT_NE(new_keys.signing_key().id, world.keys.signing_key().id);
  const sessions::AccessTokens new_tokens(new_keys, world.ids, {"https://id.example.org", "https://id.example.org"});
  ASSERT_TRUE(ada.refreshes());
  const auto claims = world.tokens.verify(ada.access_token);
  ASSERT_TRUE(claims);
  ada.access_token = new_tokens.issue(*claims);
  EXPECT_TRUE(ada.is_recognised());
}

TEST_P(Rooms, APasswordThatIsEasyToGuessIsRefusedWithAdviceB19) {
  Person careless(world, "careless@example.org", "careless1");
  const auto refused = careless.registers();
  EXPECT_EQ(refusal_of(refused), "weak_password");
  EXPECT_EQ(refused.error().field, "password");
  EXPECT_FALSE(refused.error().detail.empty());
}

TEST_P(Rooms, ParallelRefreshesMakeOneSuccessorB5) {
  ada.settles_in();
  std::mutex mutex;
  std::map<std::string, int> successors;
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&] {
      const auto reply = ada.refreshes_with(ada.refresh_token);
      const std::lock_guard lock(mutex);
      ++successors[reply ? reply->refresh_token() : refusal_of(reply)];
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(successors.size(), 1U) << successors.begin()->first << " " << successors.rbegin()->first;
  EXPECT_EQ(successors.begin()->second, 50);
  EXPECT_TRUE(ada.refreshes_with(successors.begin()->first));
}

TEST_P(Rooms, AReplayEndsTheSessionB4) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes());
  ASSERT_TRUE(ada.refreshes());
  world.clock.advances(10s);
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "session_ended") << "a second use never revives it";
}

// The grace is that of the token before the current one alone.
TEST_P(Rooms, ATokenOfTwoRotationsAgoIsTheftWithinTheGraceB4) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes());
  ASSERT_TRUE(ada.refreshes_with(first)) << "within the grace";
  ASSERT_TRUE(ada.refreshes());
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
}

// Who presented the token proved nothing.
TEST_P(Rooms, TheAuditLogDoesNotNameTheOwnerForWhatAnotherMayHaveDoneB4) {
  world.sessions.policy.max_sessions = 1;
  ada.settles_in();
  const auto first = ada.refresh_token;
  const auto own_device = ada.device_token;
  ASSERT_TRUE(ada.refreshes());
  ada.device_token.clear();
  ASSERT_TRUE(ada.refreshes_with(first)) << "within the grace";
  world.clock.advances(1h);
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
  ada.device_token = own_device;
  ASSERT_TRUE(ada.logs_in());
  const auto second = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes());
  world.clock.advances(1h);
  ASSERT_TRUE(ada.refreshes_with(second)) << "late, from its own device";
  world.clock.advances(1s);
  ASSERT_TRUE(ada.logs_in());
  world.clock.advances(1s);
  ASSERT_TRUE(ada.logs_out());
  EXPECT_THAT(actors_of("session.refresh"), ElementsAre("nobody", "person who owns it"));
  EXPECT_THAT(actors_of("session.end"), ElementsAre("nobody", "system", "person who owns it"))
      << "theft, too many sessions, logout";
}

TEST_P(Rooms, ALostReplyIsHonouredOnceInThreeGenerationsB5) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  const auto lost = ada.refreshes_with(first);
  ASSERT_TRUE(lost);
  world.clock.advances(2h);
  const auto again = ada.refreshes_with(first);
  ASSERT_TRUE(again) << refusal_of(again);
  EXPECT_EQ(again->refresh_token(), lost->refresh_token());
  world.clock.advances(9s);
  EXPECT_TRUE(ada.refreshes_with(first)) << "a new grace has begun";
  world.clock.advances(1h);
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
}

TEST_P(Rooms, ALostReplyFromAnotherDeviceIsTheftB4) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes_with(first));
  world.clock.advances(2h);
  ada.device_token.clear();
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
}

// A rotation leaves its row changed, and a line in the log.
TEST_P(Rooms, ARefreshLeavesNeitherAuditRowNorEventNorAnotherRow) {
  ada.settles_in();
  for (int i = 0; i < 3; ++i) {
    const auto lines = world.log.lines().size();
    ASSERT_TRUE(ada.refreshes());
    ASSERT_EQ(world.log.lines().size(), lines + 1);
    EXPECT_TRUE(world.log.lines().back().starts_with("session.refresh user_id=")) << world.log.lines().back();
  }
  static constexpr Statement<CountRow()> chains{"SELECT count(*) FROM refresh_chains WHERE generation = 4"};
  EXPECT_EQ(count(chains), 1);
  EXPECT_EQ(audited("session.refresh"), 0);
  EXPECT_THAT(events_of("session.%"), ElementsAre("session.started 1"));
}

TEST_P(Rooms, ASecondAnswerIsAuditedWhenItIsLateOrGoesToAnotherDeviceB5) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  const auto own_device = ada.device_token;
  ASSERT_TRUE(ada.refreshes_with(first));
  ASSERT_TRUE(ada.refreshes_with(first)) << "within the grace";
  EXPECT_EQ(audited("session.refresh"), 0) << "from the session's device";
  ada.device_token.clear();
  ASSERT_TRUE(ada.refreshes_with(first)) << "within the grace";
  EXPECT_EQ(audited("session.refresh"), 1) << "from another device";
  ada.device_token = own_device;
  world.clock.advances(1h);
  ASSERT_TRUE(ada.refreshes_with(first)) << "late";
  EXPECT_EQ(audited("session.refresh"), 2) << "a late answer";
  EXPECT_EQ(audited("session.end"), 0);
  world.clock.advances(1h);
  EXPECT_EQ(refusal_of(ada.refreshes_with(first)), "refresh_token_reused");
  EXPECT_EQ(audited("session.end"), 1) << "theft";
  EXPECT_EQ(audited("session.refresh"), 2);
  EXPECT_THAT(events_of("session.%"), ElementsAre("session.started 1", "session.ended 2"));
}

TEST_P(Rooms, ARowOfADumpMakesNoTokenD12) {
  ada.settles_in();
  const auto token = *sessions::parse_refresh_token(ada.refresh_token);
  // A dump shows the chain's id, its generation and hashes, but no key.
  for (std::int64_t generation = 1; generation < 4; ++generation) {
    for (const Bytes& key : {Bytes(32), Bytes(token.hash.begin(), token.hash.end())}) {
      const auto forged = sessions::make_refresh_token(token.chain, generation, key);
      EXPECT_EQ(refusal_of(ada.refreshes_with(forged)), "refresh_token_unknown");
    }
  }
  const auto key = world.keys.current(vault::KeyPurpose::refresh_chain).bytes;
  EXPECT_EQ(refusal_of(ada.refreshes_with(sessions::make_refresh_token(world.ids.make<ChainId>(), 1, key))),
            "refresh_token_unknown");
  EXPECT_EQ(refusal_of(ada.refreshes_with(sessions::make_refresh_token(token.chain, 2, key))), "refresh_token_unknown")
      << "a token that was never issued";
  EXPECT_TRUE(ada.refreshes()) << "a forged token ends nothing";
}

TEST_P(Rooms, ATokenMustBeTheOneThatTheRowKnows) {
  ada.settles_in();
  static constexpr Statement<void(Digest)> change{"UPDATE refresh_chains SET current_hash = $1"};
  ASSERT_TRUE(world.db.transaction(
      [&](Transaction& tx) -> Result<bool> { return tx.execute(change, crypto::sha256(as_bytes("another"))) == 1; }));
  EXPECT_EQ(refusal_of(ada.refreshes()), "refresh_token_unknown");
}

TEST_P(Rooms, ASessionMayHaveMoreChainsThanOne) {
  ada.settles_in();
  const auto session = ada.is_recognised()->session_id;
  const auto starts_another_chain = [&] {
    return *world.db.transaction([&](Transaction& tx) -> Result<std::string> {
      return sessions::start_chain(tx, world.sessions, session, world.clock.now(), world.clock.now() + 7 * 24h);
    });
  };
  const auto listed = [&] {
    return sessions::list_sessions(world.sessions, ada.call(*ada.is_recognised()), {})->sessions_size();
  };
  auto of_application = starts_another_chain();
  world.clock.advances(6 * 24h);
  of_application = ada.refreshes_with(of_application)->refresh_token();
  world.clock.advances(2 * 24h);
  // Idle by itself, the first chain is over; the session lives by the other.
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  world.clock.advances(-48h);
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "what was refused for its age stays refused";
  world.clock.advances(48h);
  const auto presented = of_application;
  auto reply = ada.refreshes_with(of_application);
  ASSERT_TRUE(reply) << refusal_of(reply);
  ada.access_token = reply->access_token();
  EXPECT_EQ(listed(), 1) << "a session once, however many chains it has";

  ada.refresh_token = starts_another_chain();
  EXPECT_TRUE(ada.refreshes());
  EXPECT_EQ(listed(), 1);
  world.clock.advances(1h);
  ASSERT_TRUE(ada.refreshes_with(reply->refresh_token()));
  EXPECT_EQ(refusal_of(ada.refreshes_with(presented)), "refresh_token_reused");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "theft from one chain ends all";
  static constexpr Statement<CountRow()> live{"SELECT count(*) FROM refresh_chains WHERE revoked_at IS NULL"};
  EXPECT_EQ(count(live), 0);
}

TEST_P(Rooms, AnAccessTokenDoesNotOutliveItsChain) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes_with(first));
  world.clock.advances(7 * 24h - 60s);
  const auto late = ada.refreshes_with(first);
  ASSERT_TRUE(late) << refusal_of(late);
  EXPECT_EQ(late->expires_in(), 60);
  ada.access_token = late->access_token();
  EXPECT_TRUE(ada.is_recognised());
  world.clock.advances(60s);
  EXPECT_EQ(refusal_of(ada.is_recognised()), "token_expired") << "the session is idle";
}

TEST_P(Rooms, AnAccountHasSoManyLiveSessions) {
  world.sessions.policy.max_sessions = 3;
  ada.settles_in();
  std::vector<Person> people;
  for (int i = 0; i < 4; ++i) {
    world.clock.advances(1s);
    people.emplace_back(world, "Ada@Example.org");
    ASSERT_TRUE(people.back().logs_in());
    ASSERT_TRUE(people.back().is_recognised()) << "remembered";
  }
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended") << "the oldest";
  EXPECT_EQ(refusal_of(people[0].is_recognised()), "session_ended") << "then the next";
  EXPECT_EQ(refusal_of(people[0].refreshes()), "session_ended");
  for (std::size_t i = 1; i < people.size(); ++i) EXPECT_TRUE(people[i].refreshes()) << i;
  EXPECT_EQ(audited("session.end"), 2);
  EXPECT_EQ(events_of("session.ended").size(), 2U);
  static constexpr Statement<CountRow()> surplus{
      "SELECT count(*) FROM sessions WHERE end_reason = 'too_many_sessions'"};
  EXPECT_EQ(count(surplus), 2);
}

TEST_P(Rooms, ALoweredNumberOfSessionsHoldsAfterTheNextLogin) {
  world.sessions.policy.max_sessions = 1000;
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  std::vector<std::string> tokens;
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<void> {
    const auto row = tx.one(sessions::statements::find_user, user);
    for (int i = 0; i < 150; ++i) {
      world.clock.advances(1s);
      tokens.push_back(
          sessions::complete_sign_in(tx, world.sessions, ada.call(), row, {"pwd"}, world.clock.now()).refresh_token());
    }
    return {};
  }));
  world.sessions.policy.max_sessions = 3;
  const auto oldest = ada.refresh_token;
  ASSERT_TRUE(ada.logs_in());
  static constexpr Statement<CountRow()> live{"SELECT count(*) FROM sessions WHERE ended_at IS NULL"};
  EXPECT_EQ(count(live), 3);
  EXPECT_EQ(refusal_of(ada.refreshes_with(oldest)), "session_ended");
  EXPECT_EQ(refusal_of(ada.refreshes_with(tokens[147])), "session_ended");
  EXPECT_TRUE(ada.refreshes_with(tokens[148]));
  EXPECT_TRUE(ada.refreshes_with(tokens[149]));
  EXPECT_TRUE(ada.refreshes());
}

TEST_P(Rooms, SessionsThatAreOverTakeNobodysPlaceAndAreNotAnnounced) {
  world.sessions.policy.max_sessions = 2;
  ada.settles_in();
  Person idle(world, "Ada@Example.org");
  ASSERT_TRUE(idle.logs_in());
  world.clock.advances(6 * 24h);
  ASSERT_TRUE(ada.refreshes());
  world.clock.advances(24h);
  Person next(world, "Ada@Example.org");
  ASSERT_TRUE(next.logs_in());
  EXPECT_TRUE(ada.refreshes()) << "older than the idle one, and alive";
  EXPECT_EQ(refusal_of(idle.refreshes()), "session_ended");
  EXPECT_THAT(events_of("session.ended"), IsEmpty());
  EXPECT_EQ(audited("session.end"), 0);
  static constexpr Statement<CountRow()> open{"SELECT count(*) FROM sessions WHERE ended_at IS NULL"};
  EXPECT_EQ(count(open), 2) << "what is over is written off";
}

TEST_P(Rooms, NobodyIsToldOfSessionsThatWereOverAlready) {
  ada.settles_in();
  const auto signs_in = [&] {
    Person person(world, "Ada@Example.org");
    EXPECT_TRUE(person.logs_in());
    return person;
  };
  Person leaving = signs_in(), refreshing = signs_in(), stolen = signs_in(), revoked = signs_in();
  const auto session = to_string(revoked.is_recognised()->session_id);
  const auto first = stolen.refresh_token;
  ASSERT_TRUE(stolen.refreshes());
  ASSERT_TRUE(stolen.refreshes());
  world.clock.advances(6 * 24h);
  ASSERT_TRUE(ada.refreshes());
  world.clock.advances(24h);
  ASSERT_TRUE(ada.refreshes());
  EXPECT_TRUE(leaving.logs_out());
  EXPECT_EQ(refusal_of(refreshing.refreshes()), "session_ended");
  v1::RevokeSessionRequest request;
  request.set_session_id(session);
  EXPECT_TRUE(sessions::revoke_session(world.sessions, ada.call(*ada.is_recognised()), request));
  EXPECT_EQ(refusal_of(stolen.refreshes_with(first)), "refresh_token_reused");
  EXPECT_THAT(actors_of("session.refresh"), ElementsAre("nobody")) << "the theft is audited";
  static constexpr Statement<CountRow()> expired{"SELECT count(*) FROM sessions WHERE end_reason = 'expired'"};
  EXPECT_EQ(count(expired), 4) << "written off";
  world.clock.advances(-24h);
  for (Person* person : {&leaving, &refreshing, &stolen, &revoked}) {
    EXPECT_EQ(refusal_of(person->refreshes()), "session_ended") << "stays over when the clock is set back";
  }
  world.clock.advances(23 * 24h + 24h);
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "thirty days are over";
  EXPECT_EQ(count(expired), 5);
  EXPECT_EQ(audited("session.end"), 0);
  EXPECT_THAT(events_of("session.ended"), IsEmpty());
}

TEST_P(Rooms, EndingAllSpeaksOnlyOfSessionsThatWereAliveR28) {
  ada.settles_in();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Person(world, "Ada@Example.org").logs_in());
  world.clock.advances(6 * 24h);
  ASSERT_TRUE(ada.refreshes());
  ASSERT_TRUE(Person(world, "Ada@Example.org").logs_in());
  world.clock.advances(24h);
  ASSERT_TRUE(ada.refreshes());
  const auto call = ada.call(*ada.is_recognised());
  EXPECT_EQ(sessions::list_sessions(world.sessions, call, {})->sessions_size(), 2) << "three are idle";
  EXPECT_EQ(sessions::revoke_other_sessions(world.sessions, call, {})->revoked(), 1);
  EXPECT_EQ(events_of("session.ended").size(), 1U);
  EXPECT_EQ(sessions::revoke_all_sessions(world.sessions, operator_call(), call.person().user_id).value(), 1);
  EXPECT_EQ(events_of("session.ended").size(), 2U);
}

TEST_P(Rooms, AllSessionsEndInBatches) {
  world.sessions.policy.max_sessions = 1000;
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const auto caller = *ada.is_recognised();
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<void> {
    const auto row = tx.one(sessions::statements::find_user, user);
    // Many of one moment, so that a batch ends among them.
    for (int i = 0; i < 250; ++i) {
      if (i % 120 == 0) world.clock.advances(1s);
      (void)sessions::complete_sign_in(tx, world.sessions, ada.call(), row, {"pwd"}, world.clock.now());
    }
    return {};
  }));
  EXPECT_EQ(sessions::revoke_other_sessions(world.sessions, ada.call(caller), {})->revoked(), 250);
  EXPECT_TRUE(ada.is_recognised());
  static constexpr Statement<CountRow()> chains{"SELECT count(*) FROM refresh_chains WHERE revoked_at IS NULL"};
  EXPECT_EQ(count(chains), 1);
}

TEST_P(Rooms, SessionsEndWhenIdleAndWhenOldR19) {
  ada.settles_in();
  for (int week = 0; week < 4; ++week) {
    world.clock.advances(7 * 24h - 1us);
    ASSERT_TRUE(ada.refreshes()) << week;
  }
  world.clock.advances(3 * 24h);
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "thirty days are over";

  ASSERT_TRUE(ada.logs_in());
  world.clock.advances(7 * 24h);
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "a week without a refresh";
}

TEST_P(Rooms, AccessTokensExpireAndLogoutTakesExpiredOnesR25) {
  ada.settles_in();
  ASSERT_TRUE(ada.is_recognised());
  world.clock.advances(15min);
  EXPECT_EQ(refusal_of(ada.is_recognised()), "token_expired");
  v1::LogoutRequest request;
  request.set_access_token(ada.access_token);
  EXPECT_TRUE(sessions::logout(world.sessions, ada.call(), request));
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
}

TEST_P(Rooms, LogoutEndsUseAtOnceR25) {
  ada.settles_in();
  ASSERT_TRUE(ada.is_recognised()) << "now it is remembered";
  ASSERT_TRUE(ada.logs_out());
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_TRUE(ada.logs_out()) << "once more is no refusal";
}

TEST_P(Rooms, LogoutEndsTheSessionsOfBothTokensR25) {
  ada.settles_in();
  Person elsewhere(world, "Ada@Example.org");
  ASSERT_TRUE(elsewhere.logs_in());
  v1::LogoutRequest request;
  request.set_refresh_token(ada.refresh_token);
  request.set_access_token(elsewhere.access_token);
  ASSERT_TRUE(sessions::logout(world.sessions, ada.call(), request));
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(elsewhere.is_recognised()), "session_ended");

  ASSERT_TRUE(elsewhere.logs_in());
  request.set_access_token(elsewhere.access_token);
  ASSERT_TRUE(sessions::logout(world.sessions, ada.call(), request));
  EXPECT_EQ(refusal_of(elsewhere.is_recognised()), "session_ended") << "the other one ended long ago";

  ASSERT_TRUE(ada.logs_in());
  request.set_refresh_token(ada.refresh_token);
  request.set_access_token("no token of ours");
  ASSERT_TRUE(sessions::logout(world.sessions, ada.call(), request));
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
}

TEST_P(Rooms, RefreshRacingARevokeLeavesNoLiveTokenB5) {
  ada.settles_in();
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(ada.logs_in());
    std::string latest = ada.refresh_token;
    std::thread refreshing([&] {
      for (int i = 0; i < 5; ++i) {
        const auto reply = ada.refreshes_with(latest);
        if (!reply) return;
        latest = reply->refresh_token();
      }
    });
    ASSERT_TRUE(ada.logs_out());
    refreshing.join();
    EXPECT_EQ(refusal_of(ada.refreshes_with(latest)), "session_ended");
  }
}

TEST_P(Rooms, ALateFillDoesNotUndoARevocationD3) {
  ada.settles_in();
  const auto caller = *ada.is_recognised();
  const auto ticket = world.cache.ticket(caller.user_id);
  ASSERT_TRUE(ada.logs_out());
  world.cache.put(ticket, {caller, {}, world.clock.now() + 10min}, world.clock.now());
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
}

TEST_P(Rooms, NothingIsAnsweredFromMemoryWithoutTheChannelD3) {
  ada.settles_in();
  ASSERT_TRUE(ada.is_recognised());
  const Secret token(ada.access_token);
  EXPECT_NE(sessions::remembered_session(world.sessions, token, world.clock.now()), nullptr);
  world.invalidation.force = false;
  EXPECT_EQ(sessions::remembered_session(world.sessions, token, world.clock.now()), nullptr);
  EXPECT_TRUE(ada.is_recognised()) << "the database knows";
}

TEST_P(Rooms, NothingIsRememberedWithoutTheChannelD3) {
  ada.settles_in();
  world.invalidation.force = false;
  ASSERT_TRUE(ada.is_recognised());
  EXPECT_EQ(world.cache.size(), 0U) << "what may not be used takes no memory";
  world.invalidation.force = true;
  ASSERT_TRUE(ada.is_recognised());
  EXPECT_EQ(world.cache.size(), 1U);
}

TEST_P(Rooms, SessionsAreListedInPagesAndRevokedR28) {
  ada.settles_in();
  for (int i = 0; i < 4; ++i) {
    world.clock.advances(1s);
    ASSERT_TRUE(ada.logs_in());
  }
  const auto call = ada.call(*ada.is_recognised());
  v1::ListSessionsRequest request;
  request.set_page_size(2);
  std::vector<v1::Session> listed;
  for (int page = 0; page < 3; ++page) {
    const auto reply = sessions::list_sessions(world.sessions, call, request);
    ASSERT_TRUE(reply);
    for (const auto& session : reply->sessions()) listed.push_back(session);
    EXPECT_EQ(reply->has_next_page_token(), page < 2);
    request.set_page_token(reply->next_page_token());
  }
  ASSERT_EQ(listed.size(), 5U);
  EXPECT_TRUE(listed.front().current());
  EXPECT_EQ(listed.front().device_name(), "Firefox on Linux");
  EXPECT_FALSE(listed.back().current());

  Person bob(world, "bob@example.org");
  bob.settles_in();
  v1::RevokeSessionRequest revoke;
  revoke.set_session_id(listed.back().session_id());
  EXPECT_EQ(refusal_of(sessions::revoke_session(world.sessions, bob.call(*bob.is_recognised()), revoke)), "not_found")
      << "B36";
  EXPECT_TRUE(sessions::revoke_session(world.sessions, call, revoke));
  const auto others = sessions::revoke_other_sessions(world.sessions, call, {});
  ASSERT_TRUE(others);
  EXPECT_EQ(others->revoked(), 3);
  EXPECT_TRUE(ada.is_recognised());
  EXPECT_TRUE(bob.is_recognised());
}

TEST_P(Rooms, AProfileIsReadAndWrittenR18) {
  ada.settles_in();
  const auto call = ada.call(*ada.is_recognised());
  v1::UpdateProfileRequest request;
  request.set_display_name("Ada Lovelace");
  request.set_time_zone("Europe/London");
  ASSERT_TRUE(accounts::update_profile(world.accounts, call, request));
  const auto profile = accounts::get_profile(world.accounts, call, {});
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->display_name(), "Ada Lovelace");
  EXPECT_EQ(profile->time_zone(), "Europe/London");
  EXPECT_EQ(profile->locale(), "en");
  EXPECT_EQ(sessions::check_session(world.sessions, call, {})->user().display_name(), "Ada Lovelace");
}

TEST_P(Rooms, ARoleIsInForceAtOnceR03) {
  ada.settles_in();
  ASSERT_TRUE(ada.is_recognised()->roles.empty());
  const auto user = ada.is_recognised()->user_id;
  EXPECT_EQ(access::grant_role(world.sessions, ada.call(), user, access::admin_role).value(), true);
  EXPECT_EQ(access::grant_role(world.sessions, ada.call(), user, access::admin_role).value(), false);
  const auto caller = ada.is_recognised();
  EXPECT_EQ(caller->roles, std::vector<std::string>{"admin"});
  EXPECT_TRUE(access::has_permission(*caller, "accounts.read"));
  const auto presented = ada.refresh_token;
  const auto refreshed = ada.refreshes();
  const auto refreshed_again = ada.refreshes_with(presented);
  ASSERT_TRUE(refreshed && refreshed_again);
  EXPECT_THAT(refreshed->user().roles(), ElementsAre("admin"));
  EXPECT_THAT(refreshed_again->user().roles(), ElementsAre("admin"));
  Person bob(world, "bob@example.org");
  bob.settles_in();
  EXPECT_FALSE(access::has_permission(*bob.is_recognised(), "accounts.read"));
  EXPECT_THAT(bob.refreshes()->user().roles(), IsEmpty());
}

TEST_P(Rooms, AnOperatorMakesAccountsThatCanSignIn) {
  const auto id = accounts::create_by_operator(world.accounts, ada.call(),
                                               {"ada@example.org", "ada", Secret("plaited copper lantern 42")});
  ASSERT_TRUE(id);
  EXPECT_TRUE(ada.logs_in());
  for (const std::string& name : {std::string("ADA"), std::string("Ada@example.org"), to_string(*id)}) {
    const auto found = accounts::find_account(world.accounts, name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->row.id, *id);
  }
  EXPECT_EQ(refusal_of(accounts::find_account(world.accounts, "nobody")), "not_found");
  EXPECT_EQ(accounts::list_accounts(world.accounts, "", 10).size(), 1U);
  EXPECT_TRUE(accounts::list_accounts(world.accounts, "ada@example.org", 10).empty());
}

TEST_P(Rooms, EveryChangeLeavesItsEventInOrderR116) {
  ada.settles_in();
  ASSERT_TRUE(ada.refreshes());
  ASSERT_TRUE(ada.logs_out());
  struct EventRow {
    std::string type;
    std::int64_t version;
  };
  static constexpr Statement<EventRow()> events{
      "SELECT type, aggregate_version FROM outbox ORDER BY topic DESC, aggregate_version LIMIT 100"};
  const auto rows = *world.db.read([&](Transaction& tx) -> Result<std::vector<EventRow>> { return tx.all(events); });
  std::vector<std::string> types;
  for (const auto& row : rows) types.push_back(row.type + " " + std::to_string(row.version));
  EXPECT_EQ(types,
            (std::vector<std::string>{"user.registered 1", "user.verified 2", "session.started 1", "session.ended 2"}))
      << "a refresh is no event";
}

TEST_P(Rooms, EveryLoginAttemptIsKeptWithItsReasonR112) {
  ada.settles_in();
  (void)ada.logs_in("something else entirely");
  (void)ada.logs_in();
  Person(world, "nobody@example.org").logs_in();
  struct AttemptRow {
    bool success;
    std::string reason;
    bool has_user;
  };
  static constexpr Statement<AttemptRow()> attempts{
      "SELECT success, reason, user_id IS NOT NULL FROM login_attempts ORDER BY id LIMIT 100"};
  const auto rows =
      *world.db.read([&](Transaction& tx) -> Result<std::vector<AttemptRow>> { return tx.all(attempts); });
  ASSERT_EQ(rows.size(), 3U);
  static constexpr Statement<CountRow()> refused{
      "SELECT count(*) FROM audit_log WHERE action = 'session.start' AND outcome = 'refused'"};
  EXPECT_EQ(count(refused), 1) << "strangers don't fill the audit log";
  std::map<std::string, int> reasons;
  for (const auto& row : rows) ++reasons[row.reason + (row.has_user ? " of a user" : " of nobody")];
  EXPECT_EQ(reasons,
            (std::map<std::string, int>{
                {"wrong_credentials of a user", 1}, {"password of a user", 1}, {"wrong_credentials of nobody", 1}}));
}

TEST_P(Rooms, AWeakerHashIsReplacedAtLoginR310) {
  ada.settles_in();
  crypto::PasswordParameters bcrypt{.algorithm = crypto::PasswordParameters::Algorithm::bcrypt, .bcrypt_cost = 4};
  const auto old = crypto::hash_password(Secret("plaited copper lantern 42"), bcrypt, world.random);
  static constexpr Statement<void(std::string)> replace{"UPDATE password_credentials SET hash = $1"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return tx.execute(replace, old) == 1; }));
  ASSERT_TRUE(ada.logs_in());
  struct HashRow {
    std::string hash;
  };
  static constexpr Statement<HashRow()> stored{"SELECT hash FROM password_credentials"};
  const auto now = *world.db.read([&](Transaction& tx) -> Result<HashRow> { return tx.one(stored); });
  EXPECT_EQ(now.hash.substr(0, 10), "$argon2id$");
  EXPECT_TRUE(ada.logs_in());
}

// B19: bcrypt would cut the password, so its hash stays what it is.
TEST_P(Rooms, AHashStaysWhereAnotherAlgorithmCanNotHoldThePasswordB19R310) {
  crypto::PasswordParameters bcrypt{.algorithm = crypto::PasswordParameters::Algorithm::bcrypt, .bcrypt_cost = 4};
  passwords::Hasher hasher(bcrypt, 1, world.random);
  auto& own = world.sessions;
  sessions::Deps deps{own.clock,  own.ids,     own.random, own.db,     own.keys, own.audit,  own.invalidation, hasher,
                      own.tokens, own.devices, own.cache,  own.limits, own.log,  own.policy, own.place_of};
  struct Row {
    std::string email, password, hash;
  };
  const std::string stem = "plaited copper lantern 42 ";
  for (const auto& row : {Row{"fits@example.org", stem + std::string(72 - stem.size(), 'x'), "$2b$04$"},
                          Row{"long@example.org", stem + std::string(73 - stem.size(), 'x'), "$argon2id$"}}) {
    Person person(world, row.email, row.password);
    person.settles_in();
    v1::LoginRequest request;
    request.set_email(row.email);
    request.set_password(row.password);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(refusal_of(sessions::login(deps, person.call(), request)), "accepted") << row.email;
    }
    struct HashRow {
      std::string hash, cost;
    };
    static constexpr Statement<HashRow(std::string)> stored{
        "SELECT hash, cost FROM password_credentials JOIN users ON id = user_id WHERE email_canonical = $1"};
    const auto now = *world.db.read([&](Transaction& tx) -> Result<HashRow> { return tx.one(stored, row.email); });
    EXPECT_TRUE(now.hash.starts_with(row.hash)) << row.email;
    EXPECT_EQ(now.cost, crypto::cost_of(now.hash));
  }
}

// B1: after a change of the parameters nobody's hash is as dear as that of an account which has not signed in since.
TEST_P(Rooms, NobodysHashHasACostInUseB1) {
  ada.settles_in();
  Person nobody(world, "nobody@example.org");
  const auto costs_drawn = [&] {
    EXPECT_EQ(refusal_of(nobody.logs_in()), "wrong_credentials");
    std::set<std::string, std::less<>> costs;
    for (int i = 0; i < 256; ++i) {
      Digest draw{};
      draw[0] = static_cast<std::uint8_t>(i);
      costs.emplace(crypto::cost_of(world.hasher.decoys().for_draw(draw)));
    }
    return costs;
  };
  const std::string todays = "$argon2id$v=19$m=1024,t=1,p=1$", older = "$argon2id$v=19$m=64,t=1,p=1$";
  EXPECT_THAT(costs_drawn(), ElementsAre(todays));
  const auto old =
      crypto::hash_password(Secret("plaited copper lantern 42"), {.memory_kib = 64, .passes = 1}, world.random);
  static constexpr Statement<void(std::string, std::string)> replace{
      "UPDATE password_credentials SET hash = $1, cost = $2"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> {
    return tx.execute(replace, old, std::string(crypto::cost_of(old))) == 1;
  }));
  EXPECT_THAT(costs_drawn(), ElementsAre(todays)) << "read once a minute";
  world.clock.advances(1min);
  EXPECT_THAT(costs_drawn(), ElementsAre(todays, older));
  ASSERT_TRUE(ada.logs_in()) << "and has a hash of today's cost";
  world.clock.advances(1min);
  EXPECT_THAT(costs_drawn(), ElementsAre(todays));
}

// The costs in use serve decoys only: that they can't be read is no reason to refuse a login.
TEST_P(Rooms, ALoginKeepsTheLastKnownCostsWhereTheyCantBeRead) {
  ada.settles_in();
  ASSERT_TRUE(world.db.change_schema([](Connection& connection) {
    connection.run_script("ALTER TABLE password_credentials RENAME COLUMN sample TO other");
    return true;
  }));
  auto& decoys = world.hasher.decoys();
  decoys.use({{"$argon2id$v=19$m=64,t=1,p=1$", 1'000'000}});
  Digest draw{};
  draw.fill(0x80);
  const auto lines = world.log.lines().size();
  EXPECT_TRUE(ada.logs_in());
  EXPECT_TRUE(world.log.lines()[lines].starts_with("decoys.not_read error=")) << world.log.lines()[lines];
  EXPECT_EQ(crypto::cost_of(decoys.for_draw(draw)), "$argon2id$v=19$m=64,t=1,p=1$");
}

// Two right logins at a time, after the parameters were raised: the first replaces the hash that the second has read.
TEST_P(Rooms, ALoginIsRightWhileAnotherReplacesTheHashR310) {
  ada.settles_in();
  const Secret password("plaited copper lantern 42");
  const auto weak = [&](const Secret& secret) {
    return crypto::hash_password(secret, {.algorithm = crypto::PasswordParameters::Algorithm::bcrypt, .bcrypt_cost = 4},
                                 world.random);
  };
  static constexpr Statement<void(std::string)> replace{"UPDATE password_credentials SET hash = $1"};
  static constexpr Statement<void(std::string, Time)> choose{
      "UPDATE password_credentials SET hash = $1, changed_at = $2"};
  const auto writes = [&](const auto& change) {
    ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return change(tx) == 1; }));
  };
  // What happens between a login's hash and its transaction.
  std::function<void()> meanwhile;
  passwords::Hasher hasher(world.hasher.parameters(), 1, world.random);
  hasher.observe([&](std::chrono::nanoseconds) {
    if (meanwhile) std::exchange(meanwhile, nullptr)();
  });
  auto& own = world.sessions;
  sessions::Deps deps{own.clock,  own.ids,     own.random, own.db,     own.keys, own.audit,  own.invalidation, hasher,
                      own.tokens, own.devices, own.cache,  own.limits, own.log,  own.policy, own.place_of};
  v1::LoginRequest request;
  request.set_email("ada@example.org");
  request.set_password("plaited copper lantern 42");

  writes([&](Transaction& tx) { return tx.execute(replace, weak(password)); });
  meanwhile = [&] { EXPECT_TRUE(ada.logs_in()); };
  EXPECT_EQ(refusal_of(sessions::login(deps, ada.call(), request)), "accepted");
  EXPECT_FALSE(meanwhile);

  meanwhile = [&] {
    world.clock.advances(1s);
    writes([&](Transaction& tx) { return tx.execute(choose, weak(Secret("another one")), world.clock.now()); });
  };
  EXPECT_EQ(refusal_of(sessions::login(deps, ada.call(), request)), "wrong_credentials") << "the password was changed";
}

TEST_P(Rooms, ADisabledAccountIsOutAtOnceAndOnlyThePasswordTellsB1) {
  ada.settles_in();
  static constexpr Statement<void()> disable{"UPDATE users SET status = 'disabled'"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> {
    world.invalidation.publish(tx, ada.is_recognised()->user_id);
    return tx.execute(disable) == 1;
  }));
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(ada.logs_in("something else entirely")), "wrong_credentials");
  EXPECT_EQ(refusal_of(ada.logs_in()), "account_disabled");
}

TEST_P(Rooms, DisablingEndsAllSessionsAtOnceAndEnablingLetsInAgainASVS742) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  Person elsewhere(world, "Ada@Example.org");
  ASSERT_TRUE(elsewhere.logs_in());
  ASSERT_TRUE(elsewhere.is_recognised()) << "remembered";

  auto change = accounts::disable_account(world.accounts, operator_call(), user);
  ASSERT_TRUE(change);
  EXPECT_TRUE(change->changed);
  EXPECT_EQ(change->ended_sessions, 2);
  for (Person* person : {&ada, &elsewhere}) {
    EXPECT_EQ(refusal_of(person->is_recognised()), "session_ended");
    EXPECT_EQ(refusal_of(person->refreshes()), "session_ended");
    EXPECT_EQ(refusal_of(person->logs_in()), "account_disabled");
    EXPECT_EQ(refusal_of(person->logs_in("something else entirely")), "wrong_credentials") << "B1";
  }
  change = accounts::disable_account(world.accounts, operator_call(), user);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->changed);
  EXPECT_EQ(change->ended_sessions, 0);

  ASSERT_TRUE(accounts::enable_account(world.accounts, operator_call(), user)->changed);
  EXPECT_FALSE(accounts::enable_account(world.accounts, operator_call(), user)->changed);
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended") << "what ended stays ended";
  EXPECT_TRUE(ada.logs_in());
  EXPECT_EQ(events_of("user.%"),
            (std::vector<std::string>{"user.registered 1", "user.verified 2", "user.disabled 3", "user.enabled 4"}));
  EXPECT_EQ(events_of("session.ended").size(), 2U);
  EXPECT_EQ(audited("user.disable"), 1) << "a change that changes nothing leaves nothing";
  static constexpr Statement<CountRow()> by_operator{"SELECT count(*) FROM audit_log WHERE actor_kind = 'operator'"};
  EXPECT_GE(count(by_operator), 1);
  EXPECT_EQ(audited("user.enable"), 1);
}

TEST_P(Rooms, DisablingEndsSessionsThatAreLeftAndNobodyElsesASVS742) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  Person bob(world, "bob@example.org");
  bob.settles_in();
  static constexpr Statement<void(UserId)> by_hand{"UPDATE users SET status = 'disabled' WHERE id = $1"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return tx.execute(by_hand, user) == 1; }));
  const auto change = accounts::disable_account(world.accounts, operator_call(), user);
  ASSERT_TRUE(change);
  EXPECT_FALSE(change->changed);
  EXPECT_EQ(change->ended_sessions, 1);
  EXPECT_TRUE(bob.is_recognised());
  EXPECT_EQ(refusal_of(accounts::disable_account(world.accounts, operator_call(), world.ids.make<UserId>())),
            "not_found");
  EXPECT_EQ(refusal_of(accounts::enable_account(world.accounts, operator_call(), world.ids.make<UserId>())),
            "not_found");
}

TEST_P(Rooms, ALoginRacingADisableLeavesNoLiveSessionASVS742) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(accounts::enable_account(world.accounts, operator_call(), user));
    std::thread signing_in([&] { (void)ada.logs_in(); });
    ASSERT_TRUE(accounts::disable_account(world.accounts, operator_call(), user));
    signing_in.join();
    static constexpr Statement<CountRow()> live{"SELECT count(*) FROM sessions WHERE ended_at IS NULL"};
    EXPECT_EQ(count(live), 0);
  }
}

TEST_P(Rooms, AnOperatorEndsAllSessionsOfAUserASVS745) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  Person elsewhere(world, "Ada@Example.org"), bob(world, "bob@example.org");
  ASSERT_TRUE(elsewhere.logs_in());
  bob.settles_in();
  EXPECT_EQ(sessions::revoke_all_sessions(world.sessions, operator_call(), user).value(), 2);
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(elsewhere.refreshes()), "session_ended");
  EXPECT_TRUE(bob.is_recognised());
  EXPECT_EQ(sessions::revoke_all_sessions(world.sessions, operator_call(), user).value(), 0);
  EXPECT_TRUE(ada.logs_in()) << "the account is as it was";
  EXPECT_EQ(events_of("session.ended").size(), 2U);
  EXPECT_EQ(audited("session.revoke_all"), 2);
  EXPECT_EQ(refusal_of(sessions::revoke_all_sessions(world.sessions, operator_call(), world.ids.make<UserId>())),
            "not_found");
}

TEST_P(Rooms, APlantedDeviceIsNotTakenOverB6) {
  Person attacker(world, "mallory@example.org");
  attacker.settles_in();
  const auto planted = attacker.device_token;
  ada.settles_in();
  ada.device_token = planted;
  ASSERT_TRUE(ada.logs_in());
  EXPECT_NE(world.devices.read(ada.device_token)->hash, world.devices.read(planted)->hash);
  const auto identity = sessions::identify(world.sessions, "ada@example.org", world.devices.read(planted));
  EXPECT_FALSE(identity.known_device);
}

TEST_P(Rooms, AnAccountKeepsTheHundredDevicesThatItUsedLast) {
  static constexpr Statement<void(UserId, Digest, Time)> used{
      "INSERT INTO devices (user_id, device_hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $3)"};
  static constexpr Statement<CountRow()> devices{"SELECT count(*) FROM devices"};
  const auto device = [](int number) { return crypto::sha256(as_bytes("device " + std::to_string(number))); };
  Person bob(world, "bob@example.org");
  bob.settles_in();
  ada.settles_in();
  const UserId user = ada.is_recognised()->user_id;
  world.clock.advances(500h);
  ASSERT_TRUE(ada.logs_in()) << "on the device that it has";
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<void> {
    for (int i = 1; i <= 150; ++i) tx.execute(used, user, device(i), world.clock.now() - i * 1h);
    return {};
  }));
  EXPECT_EQ(count(devices), 1 + 1 + 150);
  const std::string own_device = ada.device_token;
  // A lot decides which of the new devices makes the surplus go: one in sixteen.
  for (int logins = 0; logins < 500 && count(devices) != 1 + 100; ++logins) {
    world.clock.advances(1s);
    ada.device_token = own_device;
    ASSERT_TRUE(ada.logs_in());
    ada.device_token.clear();
    ASSERT_TRUE(ada.logs_in());
  }
  EXPECT_EQ(count(devices), 1 + 100);
  const auto is_known = [&](const std::string& email, const std::string& token) {
    return sessions::identify(world.sessions, email, world.devices.read(token)).known_device;
  };
  EXPECT_TRUE(is_known("ada@example.org", ada.device_token)) << "the newest";
  EXPECT_TRUE(is_known("ada@example.org", own_device)) << "in use all the time";
  EXPECT_TRUE(is_known("bob@example.org", bob.device_token)) << "of somebody else";
  EXPECT_FALSE(world.db
                   .read([&](Transaction& tx) -> Result<bool> {
                     return tx.optional(sessions::statements::find_device, user, device(150)).has_value();
                   })
                   .value());
}

TEST_P(Rooms, RegistrationWithoutVerificationSignsInAtOnceR23) {
  world.accounts.policy.verify_email = false;
  const auto reply = ada.registers();
  ASSERT_TRUE(reply) << refusal_of(reply);
  EXPECT_FALSE(reply->access_token().empty());
  EXPECT_FALSE(reply->user().email_verified());
  EXPECT_TRUE(ada.logs_in());
  EXPECT_EQ(refusal_of(ada.registers()), "email_taken");
}

}  // namespace
}  // namespace ostiary::testing
