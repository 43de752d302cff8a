// R0.8, R0.9: a forgotten password is replaced by a mailed code or link, and a known one changed, on every engine.
#include <gmock/gmock.h>

#include <thread>

#include "accounts/change_password.hpp"
#include "accounts/change_status.hpp"
#include "accounts/create_account.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/forget_factors.hpp"
#include "accounts/forgot_password.hpp"
#include "accounts/reset_password.hpp"
#include "accounts/set_password.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string old_password = "plaited copper lantern 42";
const std::string new_password = "seven brittle umbrellas";

std::string wrong_but(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

class Passwords : public OnEveryEngine {
 protected:
  Result<v1::ForgotPasswordReply> forgets(const std::string& email) {
    v1::ForgotPasswordRequest request;
    request.set_email(email);
    auto reply = accounts::forgot_password(world.accounts, stranger.call(), request);
    if (reply) reset_id = reply->reset_id();
    return reply;
  }

  Result<v1::ForgotPasswordReply> asks_again() {
    v1::ResendResetCodeRequest request;
    request.set_reset_id(reset_id);
    return accounts::resend_reset_code(world.accounts, stranger.call(), request);
  }

  Result<v1::VerifyResetCodeReply> types(const std::string& code) {
    v1::VerifyResetCodeRequest request;
    request.set_reset_id(reset_id);
    request.set_code(code);
    return accounts::verify_reset_code(world.accounts, stranger.call(), request);
  }

  Result<v1::ResetPasswordReply> resets_by_link(const std::string& token, const std::string& password = new_password) {
    v1::ResetPasswordRequest request;
    request.set_token(token);
    request.set_new_password(password);
    return accounts::reset_password(world.accounts, stranger.call(), request);
  }

  Result<v1::ResetPasswordReply> resets(const std::string& token, const std::string& password = new_password) {
    v1::ResetPasswordRequest request;
    request.set_reset_token(token);
    request.set_new_password(password);
    return accounts::reset_password(world.accounts, stranger.call(), request);
  }

  /// Asks, and gives the mail. What was to be delivered before is.
  Mail asks_for_mail() {
    (void)world.delivered();
    EXPECT_TRUE(forgets("ada@example.org"));
    const auto mails = world.delivered();
    EXPECT_EQ(mails.size(), 1U);
    return mails.empty() ? Mail{} : mails.front();
  }

  Result<v1::ChangePasswordReply> changes(const Person& person, const ostiary::Person& caller,
                                          std::optional<std::string> old = old_password, bool keep = false,
                                          const std::string& password = new_password) {
    v1::ChangePasswordRequest request;
    if (old) request.set_old_password(*old);
    request.set_new_password(password);
    if (keep) request.set_keep_other_sessions(true);
    return accounts::change_password(world.accounts, person.call(caller), request);
  }

  void adds_factor(UserId user) {
    static constexpr Statement<void(UserId, Bytes, Time)> add{
        "INSERT INTO totp_secrets (user_id, confirmed, sealed_secret, label, last_step, created_at) "
        "VALUES ($1, true, $2, '', 0, $3)"};
    ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<void> {
      tx.execute(add, user, Bytes(1), world.clock.now());
      return {};
    }));
  }

  UserId has_account(accounts::NewAccount account) {
    account.id = world.ids.make<UserId>();
    account.locale = "en";
    return *world.db.transaction([&](Transaction& tx) -> Result<UserId> {
      return accounts::create_account(tx, world.accounts, stranger.call(), account, std::nullopt, world.clock.now()).id;
    });
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

  /// What was done at one moment has no order.
  std::vector<std::string> audited() {
    static constexpr Statement<TextRow()> find{
        "SELECT action || ' ' || outcome || ' by ' || actor_kind FROM audit_log WHERE action LIKE '%password' OR "
        "action LIKE '%reset_code' ORDER BY occurred_at, id LIMIT 100"};
    return texts(find);
  }

  World world{*database};
  Person ada{world, "Ada@Example.org", old_password};
  Person stranger{world, "stranger@example.org"};
  std::string reset_id;
};
ON_EVERY_ENGINE(Passwords);

TEST_P(Passwords, AreResetByTheCodeR08) {
  ada.settles_in();
  Person elsewhere(world, "ada@example.org", old_password);
  ASSERT_TRUE(elsewhere.logs_in());
  const auto asked = forgets("ADA@example.org");
  ASSERT_TRUE(asked) << refusal_of(asked);
  EXPECT_EQ(asked->expires_at().seconds() - asked->resend_at().seconds(), 540);
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails.front().to, "Ada@Example.org") << "B18: as it is stored, not as it was typed";
  EXPECT_THAT(mails.front().text, HasSubstr("https://id.example.org/reset-password#token="));
  EXPECT_TRUE(ada.is_recognised()) << "asking changes nothing";

  const auto code = code_in(mails.front());
  EXPECT_EQ(refusal_of(types(wrong_but(code))), "wrong_code");
  const auto exchanged = types(code.substr(0, 3) + "-" + code.substr(3));
  ASSERT_TRUE(exchanged) << refusal_of(exchanged);
  EXPECT_EQ(refusal_of(resets(exchanged->reset_token(), "password1")), "weak_password");
  EXPECT_EQ(resets(exchanged->reset_token(), "ada@example.org").error().field, "new_password");
  EXPECT_TRUE(ada.is_recognised()) << "what is refused changes nothing";
  world.clock.advances(1s);
  const auto reset = resets(exchanged->reset_token());
  ASSERT_TRUE(reset) << refusal_of(reset);

  EXPECT_EQ(refusal_of(ada.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(ada.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(elsewhere.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(ada.logs_in()), "wrong_credentials");
  EXPECT_TRUE(ada.logs_in(new_password));
  const auto notice = world.delivered();
  ASSERT_EQ(notice.size(), 1U);
  EXPECT_THAT(notice.front().subject, HasSubstr("password"));
  EXPECT_EQ(code_in(notice.front()), "no code");
  EXPECT_THAT(audited(), UnorderedElementsAre("user.verify_reset_code refused by nobody",
                                              "user.verify_reset_code success by nobody",
                                              "user.reset_password success by person"));
  static constexpr Statement<CountRow()> events{"SELECT count(*) FROM outbox WHERE type = 'user.password_changed'"};
  EXPECT_EQ(count(events), 1);
}

TEST_P(Passwords, AreResetByTheLinkInAnyBrowserAndOnceR08D2) {
  ada.settles_in();
  const auto mail = asks_for_mail();
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail), "password1")), "weak_password");
  EXPECT_EQ(refusal_of(resets_by_link("A" + token_in(mail).substr(1))),
            token_in(mail).starts_with("A") ? "accepted" : "link_invalid");
  ASSERT_TRUE(resets_by_link(token_in(mail)));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail), "nine purple staircases")), "link_invalid");
  EXPECT_EQ(refusal_of(types(code_in(mail))), "verification_unknown") << "code and link are two ways of one use";
  EXPECT_TRUE(ada.logs_in(new_password));
}

TEST_P(Passwords, ACodeIsExchangedOnceByOneOfSixteenB10D2) {
  ada.settles_in();
  const auto mail = asks_for_mail();
  const auto at_once = [](auto&& step) {
    std::atomic<int> accepted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] {
        if (step()) ++accepted;
      });
    }
    for (auto& thread : threads) thread.join();
    return accepted.load();
  };
  std::mutex mutex;
  std::string token;
  EXPECT_EQ(at_once([&] {
              const auto reply = types(code_in(mail));
              const std::lock_guard lock(mutex);
              if (reply) token = reply->reset_token();
              return reply.has_value();
            }),
            1);
  EXPECT_EQ(refusal_of(types(code_in(mail))), "code_attempts_spent");
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail))), "link_invalid") << "it went with the code";
  static constexpr Statement<CountRow()> guesses{"SELECT count(*) FROM code_guesses"};
  EXPECT_EQ(count(guesses), 0) << "a right code is no guess";
  EXPECT_EQ(at_once([&] { return resets(token).has_value(); }), 1);
}

TEST_P(Passwords, TokensLiveTenMinutesAndStayExpiredB31) {
  ada.settles_in();
  const auto first = asks_for_mail();
  world.clock.advances(10min);
  EXPECT_EQ(refusal_of(types(code_in(first))), "code_expired");
  EXPECT_EQ(refusal_of(resets_by_link(token_in(first))), "link_invalid");
  world.clock.advances(-1min);
  EXPECT_EQ(refusal_of(types(code_in(first))), "code_expired");
  EXPECT_EQ(refusal_of(resets_by_link(token_in(first))), "link_invalid");
  world.clock.advances(2min);
  ASSERT_TRUE(asks_again());
  const auto exchanged = types(code_in(world.delivered().front()));
  ASSERT_TRUE(exchanged) << refusal_of(exchanged);
  world.clock.advances(10min);
  EXPECT_EQ(refusal_of(resets(exchanged->reset_token())), "link_invalid");
  EXPECT_TRUE(ada.logs_in());
}

TEST_P(Passwords, AResendReplacesCodeLinkAndToken) {
  ada.settles_in();
  const auto first = asks_for_mail();
  const auto early = asks_again();
  EXPECT_EQ(refusal_of(early), "resend_too_early");
  EXPECT_EQ(early.error().retry_after, 60s);
  const auto exchanged = types(code_in(first));
  ASSERT_TRUE(exchanged);
  world.clock.advances(60s);
  ASSERT_TRUE(asks_again());
  const auto second = world.delivered().front();
  EXPECT_EQ(refusal_of(resets(exchanged->reset_token())), "link_invalid");
  EXPECT_EQ(refusal_of(resets_by_link(token_in(first))), "link_invalid");
  ASSERT_TRUE(resets_by_link(token_in(second)));
  EXPECT_EQ(refusal_of(asks_again()), "verification_unknown") << "it is done";
  reset_id = "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55";
  EXPECT_EQ(refusal_of(asks_again()), "verification_unknown");
  EXPECT_EQ(refusal_of(types("123456")), "verification_unknown");
}

TEST_P(Passwords, WrongGuessesAreCountedPerCodeAndPerDayAndTheLinkWorksB10D7) {
  ada.settles_in();
  Mail mail;
  int guesses = 0;
  while (guesses < 10) {
    mail = asks_for_mail();
    for (int i = 0; i < 3 && guesses < 10; ++i, ++guesses) {
      EXPECT_EQ(refusal_of(types(wrong_but(code_in(mail)))), "wrong_code");
    }
    if (guesses < 10) {
      EXPECT_EQ(refusal_of(types(code_in(mail))), "code_attempts_spent");
    }
    world.clock.advances(61s);
  }
  EXPECT_EQ(refusal_of(types(code_in(mail))), "code_budget_spent");
  EXPECT_TRUE(resets_by_link(token_in(mail)));
  mail = asks_for_mail();
  EXPECT_EQ(refusal_of(types(code_in(mail))), "code_budget_spent") << "a reset gives no guesses back";
  world.clock.advances(24h);
  EXPECT_TRUE(types(code_in(asks_for_mail())));
}

TEST_P(Passwords, ACodeOfAnotherPurposeOpensNothingASVS662) {
  ASSERT_TRUE(ada.registers());
  const auto mail = world.delivered().front();
  reset_id = ada.verification_id;
  EXPECT_EQ(refusal_of(types(code_in(mail))), "verification_unknown");
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail))), "link_invalid");
  ASSERT_TRUE(ada.verifies(code_in(mail)));
  const auto reset_mail = asks_for_mail();
  ada.verification_id = reset_id;
  EXPECT_EQ(refusal_of(ada.verifies(code_in(reset_mail))), "verification_unknown");
  EXPECT_EQ(refusal_of(ada.opens_link(token_in(reset_mail))), "link_invalid");
}

TEST_P(Passwords, AForgottenOneTellsNobodyWhoHasAnAccountB1D8) {
  ada.settles_in();
  Person pending(world, "pending@example.org");
  ASSERT_TRUE(pending.registers());
  const auto disabled =
      has_account({.email = limits::parse_email("disabled@example.org"), .email_verified = true, .display_name = "D"});
  ASSERT_TRUE(accounts::disable_account(world.accounts, stranger.call(), disabled));
  (void)world.delivered();
  static constexpr Statement<CountRow()> jobs{"SELECT count(*) FROM jobs"};
  static constexpr Statement<CountRow()> done{"SELECT count(*) FROM jobs WHERE state = 'done'"};
  static constexpr Statement<CountRow()> audit_rows{"SELECT count(*) FROM audit_log"};
  for (const std::string address : {"ada", "pending", "disabled", "nobody"}) {
    SCOPED_TRACE(address);
    const auto jobs_before = count(jobs);
    const auto done_before = count(done);
    const auto rows_before = count(audit_rows);
    const auto reply = forgets(address + "@example.org");
    ASSERT_TRUE(reply) << refusal_of(reply);
    EXPECT_EQ(count(jobs), jobs_before + 1) << "a decoy has a job, too";
    EXPECT_EQ(count(audit_rows), rows_before) << "strangers can do this at will";
    EXPECT_EQ(world.delivered().size(), address == "ada" ? 1U : 0U);
    EXPECT_EQ(count(done), done_before + 1);
    EXPECT_EQ(refusal_of(asks_again()), "resend_too_early");
    std::vector<std::string> told;
    for (int i = 0; i < 4; ++i) {
      const auto refused = types("no code");
      told.push_back(refusal_of(refused) + refused.error().detail);
    }
    EXPECT_THAT(told, ElementsAre(HasSubstr("wrong_code"), HasSubstr("wrong_code"), HasSubstr("wrong_code"),
                                  HasSubstr("code_attempts_spent")));
    EXPECT_EQ(count(audit_rows), rows_before + 3);
    world.clock.advances(60s);
    EXPECT_EQ(refusal_of(asks_again()), "accepted");
    EXPECT_EQ(world.delivered().size(), address == "ada" ? 1U : 0U);
    EXPECT_EQ(refusal_of(types("no code")), "wrong_code");
  }
}

TEST_P(Passwords, AResetThatBeganBeforeTheAccountStaysADecoy) {
  ASSERT_TRUE(forgets("ada@example.org"));
  ada.settles_in();
  world.clock.advances(60s);
  ASSERT_TRUE(asks_again());
  EXPECT_THAT(world.delivered(), IsEmpty());
}

TEST_P(Passwords, AResetSetsAFirstOneAndProvesTheAddress) {
  const auto user = has_account({.email = limits::parse_email("Ada@example.org"), .display_name = "Ada"});
  ASSERT_EQ(refusal_of(ada.logs_in()), "wrong_credentials");
  ASSERT_TRUE(resets_by_link(token_in(asks_for_mail())));
  EXPECT_EQ(world.delivered().size(), 1U) << "the notice reaches the address that was proven";
  const auto reply = ada.logs_in(new_password);
  ASSERT_TRUE(reply) << refusal_of(reply);
  EXPECT_TRUE(reply->user().email_verified());
  EXPECT_EQ(reply->user().user_id(), to_string(user));
  static constexpr Statement<TextRow()> events{
      "SELECT type FROM outbox WHERE type LIKE 'user.%' ORDER BY aggregate_version LIMIT 9"};
  EXPECT_THAT(texts(events), ElementsAre("user.registered", "user.verified", "user.password_changed"));
}

TEST_P(Passwords, AResetRemovesFactorsOfWhoeverDidNotProveTheAddressB37) {
  static constexpr Statement<CountRow()> factors{"SELECT count(*) FROM totp_secrets"};
  const auto user = has_account({.email = limits::parse_email("Ada@example.org"), .display_name = "Ada"});
  adds_factor(user);
  ASSERT_TRUE(resets_by_link(token_in(asks_for_mail())));
  EXPECT_EQ(count(factors), 0);
  (void)world.delivered();
  adds_factor(user);
  ASSERT_TRUE(resets_by_link(token_in(asks_for_mail())));
  EXPECT_EQ(count(factors), 1) << "the owner's own stays";
}

TEST_P(Passwords, AnOperatorRemovesAllFactorsAndTheOwnerIsTold) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  adds_factor(user);
  (void)world.delivered();
  EXPECT_EQ(accounts::remove_factors(world.accounts, stranger.call(), user), 1);
  EXPECT_FALSE(ada.is_recognised());
  static constexpr Statement<CountRow()> factors{"SELECT count(*) FROM totp_secrets"};
  EXPECT_EQ(count(factors), 0);
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails.front().text, HasSubstr("all second factors"));
  const auto reply = ada.logs_in();
  ASSERT_TRUE(reply) << refusal_of(reply);
  EXPECT_FALSE(reply->mfa_required());
  EXPECT_EQ(refusal_of(accounts::remove_factors(world.accounts, stranger.call(), UserId{})), "not_found");
}

TEST_P(Passwords, AResetOfAnAccountThatWasDisabledOrDeletedMeanwhileIsRefused) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const auto mail = asks_for_mail();
  ASSERT_TRUE(accounts::disable_account(world.accounts, stranger.call(), user));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail))), "account_disabled");
  ASSERT_TRUE(accounts::enable_account(world.accounts, stranger.call(), user));
  EXPECT_TRUE(ada.logs_in()) << "the password did not change";
  ASSERT_TRUE(accounts::delete_account(world.accounts, stranger.call(), user));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail))), "link_invalid");
  EXPECT_EQ(refusal_of(types(code_in(mail))), "code_expired");
}

TEST_P(Passwords, ATokenIsForTheAccountThatHadTheAddressAndIsOfNoUseWhenItMoved) {
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const auto mail = asks_for_mail();
  static constexpr Statement<void(UserId)> moves{
      "UPDATE users SET email = 'a@example.org', email_canonical = 'a@example.org' WHERE id = $1"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return tx.execute(moves, user) == 1; }));
  const auto heir = has_account({.email = limits::parse_email("ada@example.org"), .display_name = "Heir"});
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mail))), "link_invalid");
  EXPECT_NE(heir, user);
}

TEST_P(Passwords, EveryChangeEndsOpenResets) {
  ada.settles_in();
  const auto caller = *ada.is_recognised();
  const auto one = asks_for_mail();
  world.clock.advances(1s);
  const auto other = asks_for_mail();
  ASSERT_TRUE(resets_by_link(token_in(one)));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(other))), "link_invalid") << "another open reset";

  ASSERT_TRUE(ada.logs_in(new_password));
  const auto before_change = asks_for_mail();
  ASSERT_TRUE(changes(ada, *ada.is_recognised(), new_password, false, old_password));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(before_change))), "link_invalid");

  const auto before_command = asks_for_mail();
  ASSERT_TRUE(accounts::set_password(world.accounts, stranger.call(), caller.user_id, Secret(new_password)));
  EXPECT_EQ(refusal_of(resets_by_link(token_in(before_command))), "link_invalid");
}

TEST_P(Passwords, FiveOpenResetsAreKeptForAnAddress) {
  ada.settles_in();
  static constexpr Statement<CountRow()> open{"SELECT count(*) FROM challenges WHERE purpose = 'reset_password'"};
  for (int i = 0; i < 8; ++i) {
    world.clock.advances(1s);
    ASSERT_TRUE(forgets("ada@example.org"));
    ASSERT_TRUE(forgets("nobody@example.org"));
  }
  EXPECT_EQ(count(open), 10);
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 8U);
  EXPECT_EQ(refusal_of(resets_by_link(token_in(mails[2]))), "link_invalid");
  EXPECT_TRUE(resets_by_link(token_in(mails[3])));
  EXPECT_EQ(count(open), 5) << "nobody's";
}

TEST_P(Passwords, AreChangedWithTheOldOneAndOtherSessionsEndR09) {
  ada.settles_in();
  world.clock.advances(1h);
  Person phone(world, "ada@example.org", old_password);
  ASSERT_TRUE(phone.logs_in());
  ASSERT_TRUE(ada.refreshes());
  const auto caller = *ada.is_recognised();
  EXPECT_EQ(refusal_of(changes(ada, caller, "something else entirely")), "wrong_credentials");
  EXPECT_EQ(changes(ada, caller, "").error().field, "old_password");
  EXPECT_EQ(refusal_of(changes(ada, caller, old_password, false, "password1")), "weak_password");
  EXPECT_EQ(refusal_of(changes(ada, caller, std::nullopt)), "fresh_login_required");
  EXPECT_TRUE(phone.is_recognised());
  const auto changed = changes(ada, caller);
  ASSERT_TRUE(changed) << refusal_of(changed);
  EXPECT_EQ(changed->revoked(), 1);
  EXPECT_TRUE(ada.is_recognised());
  EXPECT_TRUE(ada.refreshes());
  EXPECT_EQ(refusal_of(phone.is_recognised()), "session_ended");
  EXPECT_EQ(refusal_of(phone.refreshes()), "session_ended");
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails.front().text, HasSubstr("Firefox on Linux, 203.0.113.7"));
  EXPECT_THAT(audited(),
              UnorderedElementsAre("user.change_password refused by person", "user.change_password refused by person",
                                   "user.change_password success by person"));
  EXPECT_EQ(refusal_of(phone.logs_in()), "wrong_credentials");
  EXPECT_TRUE(phone.logs_in(new_password));
  ASSERT_TRUE(changes(ada, caller, new_password, true, old_password));
  EXPECT_TRUE(phone.is_recognised()) << "asked not to";
}

TEST_P(Passwords, AreChangedOrSetFirstWithinAFreshLogin) {
  ada.settles_in();
  static constexpr Statement<void()> forget{"DELETE FROM password_credentials"};
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<bool> { return tx.execute(forget) == 1; }));
  const auto caller = *ada.is_recognised();
  EXPECT_EQ(refusal_of(changes(ada, caller, "")), "wrong_credentials") << "there is none";
  world.clock.advances(600s + 1us);
  EXPECT_EQ(refusal_of(changes(ada, caller, std::nullopt)), "fresh_login_required");
  world.clock.advances(-1us);
  ASSERT_TRUE(changes(ada, caller, std::nullopt));
  EXPECT_TRUE(ada.logs_in(new_password));
}

TEST_P(Passwords, AreNotChangedByASessionThatHasEndedOrADisabledAccount) {
  ada.settles_in();
  const auto caller = *ada.is_recognised();
  ASSERT_TRUE(ada.logs_out());
  EXPECT_EQ(refusal_of(changes(ada, caller)), "session_ended");
  ASSERT_TRUE(ada.logs_in());
  const auto again = *ada.is_recognised();
  ASSERT_TRUE(accounts::disable_account(world.accounts, stranger.call(), again.user_id));
  EXPECT_EQ(refusal_of(changes(ada, again)), "session_ended");
}

TEST_P(Passwords, OneOfSixteenChangesAtOnceWinsAndNoneAfterAReset) {
  ada.settles_in();
  const auto caller = *ada.is_recognised();
  const auto token = token_in(asks_for_mail());
  world.clock.advances(1s);
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      if (changes(ada, caller, old_password, true, "brittle umbrellas no " + std::to_string(i))) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1) << "the others' old password is old";
  EXPECT_EQ(refusal_of(resets_by_link(token)), "link_invalid");
  ASSERT_TRUE(resets_by_link(token_in(asks_for_mail())));
  EXPECT_EQ(refusal_of(changes(ada, caller, std::nullopt)), "session_ended");
}

/// With the limits on.
class PasswordBudgets : public Passwords {
 protected:
  World limited{*database, true};
  Person owner{limited, "owner@example.org", old_password};

  std::string tries(const ostiary::Person& caller, const std::string& old, const std::string& address,
                    const std::string& device) {
    v1::ChangePasswordRequest request;
    request.set_old_password(old);
    request.set_new_password(new_password);
    Call call = owner.call(caller);
    call.address = address;
    call.device = limited.devices.read(device);
    return refusal_of(accounts::change_password(limited.accounts, call, request));
  }
};
ON_EVERY_ENGINE(PasswordBudgets);

TEST_P(PasswordBudgets, AStolenSessionGuessesNoMoreThanASignInB3) {
  owner.settles_in();
  const auto caller = *owner.is_recognised();
  int wrong = 0;
  while (tries(caller, "something else entirely", "198.51.100.1", "") == "wrong_credentials") ++wrong;
  EXPECT_EQ(wrong, 5) << "for account and address together";
  while (tries(caller, "something else entirely", "198.51.100." + std::to_string(wrong), "") == "wrong_credentials") {
    ++wrong;
  }
  EXPECT_EQ(wrong, 10) << "for the account";
  EXPECT_EQ(tries(caller, old_password, "198.51.100.99", ""), "rate_limited");
  EXPECT_EQ(tries(caller, old_password, "203.0.113.7", owner.device_token), "accepted")
      << "D7: the device of the owner has its own budget";
}

TEST_P(PasswordBudgets, ARightPasswordCostsNoGuess) {
  owner.settles_in();
  const auto caller = *owner.is_recognised();
  for (int i = 0; i < 12; ++i) {
    v1::ChangePasswordRequest request;
    request.set_old_password(i % 2 ? new_password : old_password);
    request.set_new_password(i % 2 ? old_password : new_password);
    limited.clock.advances(1us);
    EXPECT_EQ(refusal_of(accounts::change_password(limited.accounts, owner.call(caller), request)), "accepted") << i;
  }
}

TEST_P(PasswordBudgets, MailsToAnAddressAreCountedWhetherOrNotItHasAnAccountD8) {
  owner.settles_in();
  const auto asks = [&](const std::string& email) {
    v1::ForgotPasswordRequest request;
    request.set_email(email);
    return refusal_of(accounts::forgot_password(limited.accounts, owner.call(), request));
  };
  EXPECT_EQ(asks("nobody@example.org"), "accepted") << "as many as the registration's mail was for the owner";
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(asks("owner@example.org"), "accepted") << i;
    EXPECT_EQ(asks("nobody@example.org"), "accepted") << i;
  }
  EXPECT_EQ(asks("owner@example.org"), "rate_limited");
  EXPECT_EQ(asks("nobody@example.org"), "rate_limited");
}

}  // namespace
}  // namespace ostiary::testing
