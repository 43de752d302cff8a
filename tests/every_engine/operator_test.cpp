// What an operator does to accounts, on every engine.
#include <gmock/gmock.h>

#include "access/roles.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/set_password.hpp"
#include "accounts/verify_by_operator.hpp"
#include "sessions/issuer.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class OperatorsWork : public OnEveryEngine {
 protected:
  World world{*database};
  Person ada{world, "Ada@Example.org"};

  Call by_operator() const {
    Call call;
    call.received_at = world.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.caller = Operator{};
    return call;
  }

  struct CountRow {
    std::int64_t count;
  };
  std::int64_t count(const Statement<CountRow()>& statement) {
    return (*world.db.read([&](Transaction& tx) -> Result<CountRow> { return tx.one(statement); })).count;
  }

  struct TextRow {
    std::string text;
  };
  std::vector<std::string> texts(const Statement<TextRow()>& statement) {
    const auto rows =
        *world.db.read([&](Transaction& tx) -> Result<std::vector<TextRow>> { return tx.all(statement); });
    std::vector<std::string> found;
    for (const auto& row : rows) found.push_back(row.text);
    return found;
  }

  /// What operators did. What was done at one moment has no order.
  std::vector<std::string> audited() {
    static constexpr Statement<TextRow()> find{
        "SELECT action FROM audit_log WHERE actor_kind = 'operator' ORDER BY occurred_at, id LIMIT 100"};
    return texts(find);
  }
};
ON_EVERY_ENGINE(OperatorsWork);

TEST_P(OperatorsWork, VouchingForAnAddressVerifiesIt) {
  world.accounts.policy.verify_email = false;
  ASSERT_TRUE(ada.registers());
  ASSERT_TRUE(ada.logs_in());
  const auto user = ada.is_recognised()->user_id;
  const auto verified = [&] { return accounts::find_account(world.accounts, "ada@example.org")->row.email_verified; };
  ASSERT_FALSE(verified());
  EXPECT_EQ(accounts::verify_by_operator(world.accounts, by_operator(), user).value(), true);
  EXPECT_TRUE(verified());
  EXPECT_EQ(accounts::verify_by_operator(world.accounts, by_operator(), user).value(), false);
  EXPECT_THAT(audited(), ElementsAre("user.verify_email"));
  EXPECT_EQ(refusal_of(accounts::verify_by_operator(world.accounts, by_operator(), world.ids.make<UserId>())),
            "not_found");
}

TEST_P(OperatorsWork, ANewPasswordEndsAllSessionsAndTheOldOneIsWrong) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const Secret better("seven brittle umbrellas");
  const auto ended = accounts::set_password(world.accounts, by_operator(), user, better);
  ASSERT_TRUE(ended) << refusal_of(ended);
  EXPECT_EQ(*ended, 1);
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(ada.logs_in()), "wrong_credentials");
  EXPECT_TRUE(ada.logs_in("seven brittle umbrellas"));
  EXPECT_THAT(audited(), ElementsAre("user.set_password"));

  EXPECT_EQ(refusal_of(accounts::set_password(world.accounts, by_operator(), user, Secret("password"))),
            "weak_password");
  EXPECT_EQ(refusal_of(accounts::set_password(world.accounts, by_operator(), user, Secret("ada@example.org"))),
            "weak_password");
  EXPECT_EQ(refusal_of(accounts::set_password(world.accounts, by_operator(), world.ids.make<UserId>(), better)),
            "not_found");
  EXPECT_TRUE(ada.logs_in("seven brittle umbrellas")) << "what is refused changes nothing";
}

TEST_P(OperatorsWork, AnAccountWithoutAPasswordGetsItsFirst) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  static constexpr Statement<void()> forget{"DELETE FROM password_credentials"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return tx.execute(forget) == 1; }));
  ASSERT_EQ(refusal_of(ada.logs_in()), "wrong_credentials");
  ASSERT_TRUE(accounts::set_password(world.accounts, by_operator(), user, Secret("seven brittle umbrellas")));
  EXPECT_TRUE(ada.logs_in("seven brittle umbrellas"));
}

TEST_P(OperatorsWork, ADeletedAccountLeavesNothingButItsIdAndTheAuditLog) {
  ASSERT_TRUE(ada.registers("ada"));
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  const auto user = ada.is_recognised()->user_id;
  ASSERT_TRUE(access::grant_role(world.sessions, by_operator(), user, access::admin_role));
  for (int i = 0; i < 3; ++i) (void)ada.logs_in("something else entirely");
  Person bob(world, "bob@example.org");
  bob.settles_in();

  const auto ended = accounts::delete_account(world.accounts, by_operator(), user);
  ASSERT_TRUE(ended) << refusal_of(ended);
  EXPECT_EQ(*ended, 1);
  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_FALSE(ada.refreshes());
  EXPECT_EQ(refusal_of(ada.logs_in()), "wrong_credentials");
  EXPECT_TRUE(bob.is_recognised());
  for (const std::string& name : {std::string("ada"), std::string("ada@example.org"), to_string(user)}) {
    EXPECT_EQ(refusal_of(accounts::find_account(world.accounts, name)), "not_found") << name;
  }
  EXPECT_EQ(accounts::list_accounts(world.accounts, "", 10).size(), 1U);

  static constexpr Statement<CountRow()> others{
      "SELECT (SELECT count(*) FROM user_profiles) + (SELECT count(*) FROM password_credentials) + "
      "(SELECT count(*) FROM sessions) + (SELECT count(*) FROM devices) + (SELECT count(*) FROM data_keys)"};
  EXPECT_EQ(count(others), 5) << "Bob's";
  static constexpr Statement<TextRow()> registrations{"SELECT subject FROM challenges LIMIT 9"};
  EXPECT_THAT(texts(registrations), ElementsAre("bob@example.org"));
  static constexpr Statement<TextRow()> pending{"SELECT email FROM pending_registrations LIMIT 9"};
  EXPECT_THAT(texts(pending), ElementsAre("bob@example.org"));
  static constexpr Statement<CountRow()> none{
      "SELECT (SELECT count(*) FROM user_roles) + (SELECT count(*) FROM registration_notices) + "
      "(SELECT count(*) FROM login_attempts WHERE user_id IS NOT NULL)"};
  EXPECT_EQ(count(none), 0);
  static constexpr Statement<TextRow()> left{
      "SELECT COALESCE(email, '') || COALESCE(email_canonical, '') || COALESCE(username, '') || "
      "COALESCE(username_canonical, '') || COALESCE(username_skeleton, '') FROM users WHERE status = 'deleted' LIMIT "
      "9"};
  EXPECT_THAT(texts(left), ElementsAre(""));
  static constexpr Statement<TextRow()> newest{
      "SELECT type FROM outbox WHERE topic = 'user' OR type LIKE 'user.%' ORDER BY aggregate_version DESC LIMIT 1"};
  EXPECT_THAT(texts(newest), ElementsAre("user.deleted"));
}

// D8: whoever began a registration sees nothing of an account that comes or goes.
TEST_P(OperatorsWork, ADeletionLeavesTheRegistrationsThatOthersBegan) {
  Person early(world, "Ada@example.org", "wicked stranger password 7");
  ASSERT_TRUE(early.registers());
  world.delivered();
  ada.settles_in();
  world.clock.advances(1s);
  Person late(world, "ada@EXAMPLE.org", "another stranger password 8");
  ASSERT_TRUE(late.registers());
  world.delivered();
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), ada.is_recognised()->user_id));
  EXPECT_EQ(refusal_of(ada.verifies("000000")), "verification_unknown") << "the account's own";
  for (Person* const stranger : {&early, &late}) {
    EXPECT_EQ(refusal_of(stranger->verifies("none")), "wrong_code");
    EXPECT_EQ(refusal_of(stranger->logs_in()), stranger == &late ? "email_not_verified" : "wrong_credentials")
        << "the newest counts";
    world.clock.advances(61s);
    v1::ResendEmailCodeRequest request;
    request.set_verification_id(stranger->verification_id);
    ASSERT_TRUE(accounts::resend_email_code(world.accounts, stranger->call(), request));
  }
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 2U) << "codes, as for any address without an account";
  EXPECT_TRUE(early.verifies(code_in(mails.front())));
  EXPECT_EQ(refusal_of(late.verifies(code_in(mails.back()))), "already_verified");
}

TEST_P(OperatorsWork, ADeletionCancelsMailThatWaits) {
  ada.settles_in();
  Person bob(world, "bob@example.org");
  ASSERT_TRUE(bob.registers());
  Person stranger(world, "ada@example.org");
  ASSERT_TRUE(stranger.registers()) << "a notice to the owner waits";
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), ada.is_recognised()->user_id));
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails.front().to, "bob@example.org");
}

TEST_P(OperatorsWork, TheAuditLogOfADeletedAccountStaysAndItsDetailsCantBeRead) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), user));
  using audit::EntryState;
  const auto entries = *world.db.read([&](Transaction& tx) -> Result<std::vector<audit::AuditEntry>> {
    return audit::newest_entries_of(tx, world.data_keys, user, 100);
  });
  std::map<std::string, EntryState> states;
  for (const auto& entry : entries) states.emplace(entry.action, entry.state);
  EXPECT_EQ(states.at("user.delete"), EntryState::readable) << "under the service's key";
  EXPECT_EQ(states.at("user.verify_email"), EntryState::erased);
  EXPECT_EQ(states.at("user.disable"), EntryState::erased);
  EXPECT_THAT(audited(), UnorderedElementsAre("user.disable", "user.delete"));
}

TEST_P(OperatorsWork, TheAddressAndNameOfADeletedAccountAreFree) {
  ASSERT_TRUE(ada.registers("ada"));
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  const auto user = ada.is_recognised()->user_id;
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), user));
  Person again(world, "ada@example.org");
  ASSERT_TRUE(again.registers("ada"));
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  ASSERT_TRUE(again.verifies(code_in(mails.front())));
  EXPECT_NE(again.is_recognised()->user_id, user);
  EXPECT_EQ(refusal_of(accounts::delete_account(world.accounts, by_operator(), user)), "not_found") << "twice";
  EXPECT_TRUE(again.is_recognised());
}

TEST_P(OperatorsWork, ADeletionThatWasInterruptedIsFinishedByTheNext) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  // What the first one has done: the account is disabled, and some rows are gone.
  static constexpr Statement<void(UserId)> disable{"UPDATE users SET status = 'disabled' WHERE id = $1"};
  static constexpr Statement<void(UserId)> some{"DELETE FROM devices WHERE user_id = $1"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> {
    tx.execute(disable, user);
    return tx.execute(some, user) == 1;
  }));
  EXPECT_TRUE(accounts::delete_account(world.accounts, by_operator(), user));
  EXPECT_EQ(refusal_of(accounts::find_account(world.accounts, "ada@example.org")), "not_found");
}

TEST_P(OperatorsWork, MoreRowsThanABatchHasAreDeleted) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  static constexpr Statement<void(AttemptId, UserId, Digest, Time)> attempt{
      "INSERT INTO login_attempts (id, user_id, identifier_hash, address, success, reason, attempted_at) "
      "VALUES ($1, $2, $3, '203.0.113.7', false, 'wrong_credentials', $4)"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> {
    for (int i = 0; i < 250; ++i) {
      tx.execute(attempt, world.ids.make<AttemptId>(), user, Digest{}, world.clock.now());
    }
    return true;
  }));
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), user));
  static constexpr Statement<CountRow()> left{"SELECT count(*) FROM login_attempts"};
  EXPECT_EQ(count(left), 0);
}

TEST_P(OperatorsWork, ARoleIsTakenAtOnce) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const auto remove = [&](UserId whose, std::string_view role) {
    return access::remove_role(world.sessions, by_operator(), whose, role);
  };
  EXPECT_EQ(remove(user, access::admin_role).value(), false) << "nobody has had it yet";
  ASSERT_TRUE(access::grant_role(world.sessions, by_operator(), user, access::admin_role));
  ASSERT_THAT(ada.is_recognised()->roles, ElementsAre("admin"));
  EXPECT_EQ(remove(user, access::admin_role).value(), true);
  EXPECT_THAT(ada.is_recognised()->roles, IsEmpty());
  EXPECT_EQ(remove(user, access::admin_role).value(), false);
  EXPECT_EQ(refusal_of(remove(user, "amdin")), "not_found");
  EXPECT_EQ(refusal_of(remove(world.ids.make<UserId>(), access::admin_role)), "not_found");
  EXPECT_THAT(audited(), UnorderedElementsAre("user.grant_role", "user.remove_role"));
}

TEST_P(OperatorsWork, AServerLearnsThatAnotherHasAnotherPublicUrl) {
  EXPECT_EQ(sessions::noted_issuer(world.db), std::nullopt);
  EXPECT_EQ(sessions::note_issuer(world.db, "https://id.example.org", world.clock.now()), std::nullopt) << "the first";
  EXPECT_EQ(sessions::note_issuer(world.db, "https://id.example.org", world.clock.now()), std::nullopt) << "the same";
  EXPECT_EQ(sessions::note_issuer(world.db, "https://login.example.org", world.clock.now()), "https://id.example.org");
  EXPECT_EQ(sessions::noted_issuer(world.db), "https://login.example.org");
}

TEST_P(OperatorsWork, ARoleForNobodyIsRefusedAndNoOutage) {
  EXPECT_EQ(refusal_of(access::grant_role(world.sessions, by_operator(), world.ids.make<UserId>(), access::admin_role)),
            "not_found");
}

}  // namespace
}  // namespace ostiary::testing
