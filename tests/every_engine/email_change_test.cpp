// How an account gets another address, and how the holder of the old one undoes it, on every engine.
#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "accounts/change_email.hpp"
#include "accounts/change_status.hpp"
#include "accounts/create_account.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/forgot_password.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/profile.hpp"
#include "accounts/prove_email_change.hpp"
#include "accounts/reset_password.hpp"
#include "delivery/clean_up.hpp"
#include "sessions/start_session.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class EmailChanges : public OnEveryEngine {
 protected:
  /// Signed in, without asking the cache twice.
  Call by(const Person& person) {
    return person.call(*sessions::authenticate(world.sessions, Secret(person.access_token), world.clock.now()));
  }

  Result<v1::ChangeEmailReply> asks(const Person& person, const std::string& new_email) {
    v1::ChangeEmailRequest request;
    request.set_new_email(new_email);
    return accounts::change_email(world.accounts, by(person), request);
  }

  Result<v1::ChangeEmailReply> asks_again(const Person& person, const std::string& change_id) {
    v1::ResendEmailChangeRequest request;
    request.set_change_id(change_id);
    return accounts::resend_email_change(world.accounts, by(person), request);
  }

  Result<v1::AccountEmail> proves(const Person& person, const std::string& change_id, const std::string& code) {
    v1::VerifyEmailChangeRequest request;
    request.set_change_id(change_id);
    request.set_code(code);
    return accounts::verify_email_change(world.accounts, by(person), request);
  }

  Result<v1::ConfirmEmailChangeReply> opens(const std::string& token) {
    v1::ConfirmEmailChangeRequest request;
    request.set_token(token);
    return accounts::confirm_email_change(world.accounts, stranger.call(), request);
  }

  Result<v1::UndoEmailChangeReply> undoes(const std::string& token) {
    v1::UndoEmailChangeRequest request;
    request.set_token(token);
    return accounts::undo_email_change(world.accounts, stranger.call(), request);
  }

  v1::AccountEmail email_of(const Person& person) { return *accounts::get_email(world.accounts, by(person), {}); }

  /// The new mails, by whom they are to.
  std::vector<Mail> mails_to(const std::string& address) {
    if (const auto fresh = world.delivered(); !fresh.empty()) {
      mails.insert(mails.end(), fresh.begin(), fresh.end());
    }
    std::vector<Mail> found;
    for (const Mail& mail : mails) {
      if (mail.to == address) found.push_back(mail);
    }
    return found;
  }

  Mail last_mail_to(const std::string& address) {
    const auto found = mails_to(address);
    return found.empty() ? Mail{} : found.back();
  }

  /// Asks for the address and proves it. Gives the token of the mail to the old one.
  std::string changes(const Person& person, const std::string& old_email, const std::string& new_email) {
    const auto asked = asks(person, new_email);
    EXPECT_TRUE(asked) << refusal_of(asked);
    if (!asked) return {};
    const auto proven = proves(person, asked->change_id(), code_in(last_mail_to(new_email)));
    EXPECT_TRUE(proven) << refusal_of(proven);
    return token_in(last_mail_to(old_email));
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

  /// The addresses of all accounts.
  std::vector<std::string> emails() { return texts({"SELECT email FROM users WHERE email IS NOT NULL LIMIT 10"}); }

  Call by_operator() const {
    Call call;
    call.received_at = world.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.caller = Operator{};
    return call;
  }

  World world{*database};
  Person ada{world, "ada@example.org"};
  Person bob{world, "bob@example.org"};
  Person stranger{world, "stranger@example.org"};
  std::vector<Mail> mails;
};
ON_EVERY_ENGINE(EmailChanges);

TEST_P(EmailChanges, TakeEffectWhenTheNewAddressIsProven) {
  ASSERT_TRUE(ada.registers("ada1"));
  ASSERT_TRUE(ada.verifies(code_in(last_mail_to("ada@example.org"))));
  const auto asked = asks(ada, " Ada@Example.NET");
  ASSERT_TRUE(asked) << refusal_of(asked);
  EXPECT_EQ(email_of(ada).email(), "ada@example.org");
  EXPECT_EQ(email_of(ada).pending().change_id(), asked->change_id());
  EXPECT_EQ(email_of(ada).pending().new_email(), "A***@Example.NET");
  EXPECT_EQ(refusal_of(proves(ada, asked->change_id(), "no code")), "wrong_code");
  EXPECT_TRUE(ada.logs_in()) << "nothing has changed";

  const auto mail = last_mail_to("Ada@Example.NET");
  const auto proven = proves(ada, asked->change_id(), code_in(mail));
  ASSERT_TRUE(proven) << refusal_of(proven);
  EXPECT_EQ(proven->email(), "Ada@Example.NET");
  EXPECT_TRUE(proven->email_verified());
  EXPECT_FALSE(email_of(ada).has_pending());
  const auto session = sessions::check_session(world.sessions, by(ada), {});
  EXPECT_EQ(session->user().email(), "Ada@Example.NET") << "no stale cache";
  EXPECT_EQ(session->user().username(), "ada1");
  EXPECT_EQ(accounts::get_profile(world.accounts, by(ada), {})->email(), "Ada@Example.NET");
  EXPECT_EQ(refusal_of(ada.logs_in()), "wrong_credentials") << "by the old address";
  EXPECT_TRUE(Person(world, "ada@example.net").logs_in());

  const auto told = last_mail_to("ada@example.org");
  EXPECT_THAT(told.text, AllOf(HasSubstr("A***@Example.NET"),
                               HasSubstr("https://id.example.org/undo-email-change#token="), HasSubstr("203.0.113.7")));
  EXPECT_THAT(texts({"SELECT type FROM outbox WHERE type LIKE 'user.email%' LIMIT 10"}),
              ElementsAre("user.email_changed"));
  EXPECT_THAT(texts({"SELECT action || ' ' || outcome FROM audit_log WHERE action LIKE 'user.change%' LIMIT 10"}),
              UnorderedElementsAre("user.change_email_begin success", "user.change_email refused",
                                   "user.change_email success"));
  EXPECT_EQ(refusal_of(proves(ada, asked->change_id(), code_in(mail))), "not_found") << "once";
  EXPECT_EQ(refusal_of(opens(token_in(mail))), "link_invalid") << "once, code and link together";
  EXPECT_EQ(refusal_of(asks(ada, "ada@example.net")), "invalid_field") << "the account has it already";
}

TEST_P(EmailChanges, TakeEffectByTheLinkInAnyBrowserOnce) {
  ada.settles_in();
  ASSERT_TRUE(asks(ada, "ada@example.net"));
  const auto token = token_in(last_mail_to("ada@example.net"));
  const auto confirmed = opens(token);
  ASSERT_TRUE(confirmed) << refusal_of(confirmed);
  EXPECT_EQ(confirmed->email(), "ada@example.net");
  EXPECT_EQ(email_of(ada).email(), "ada@example.net");
  EXPECT_EQ(refusal_of(opens(token)), "link_invalid");
  EXPECT_THAT(texts({"SELECT actor_kind FROM audit_log WHERE action = 'user.change_email' LIMIT 10"}),
              ElementsAre("person"));
}

TEST_P(EmailChanges, LookTheSameForATakenAddressAndItsOwnerHearsOnceADayB1) {
  ada.settles_in();
  bob.settles_in();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(asks(ada, "bob@example.org"));
  const auto taken = asks(ada, "BOB@example.org");
  ASSERT_TRUE(taken);
  const auto free = asks(bob, "nobody@example.org");
  ASSERT_TRUE(free);
  EXPECT_EQ(taken->expires_at().seconds(), free->expires_at().seconds());
  EXPECT_EQ(taken->resend_at().seconds(), free->resend_at().seconds());
  const auto told = mails_to("bob@example.org");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told.front().text, AllOf(HasSubstr("another account"), Not(HasSubstr("#token="))));

  // A code was mailed to one of them only; the wrong one is answered alike.
  const auto code = code_in(last_mail_to("nobody@example.org"));
  const std::string wrong = code == "000000" ? "000001" : "000000";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refusal_of(proves(ada, taken->change_id(), wrong)), "wrong_code");
    EXPECT_EQ(refusal_of(proves(bob, free->change_id(), wrong)), "wrong_code");
  }
  EXPECT_EQ(refusal_of(proves(ada, taken->change_id(), wrong)), "code_attempts_spent");
  EXPECT_EQ(refusal_of(proves(bob, free->change_id(), wrong)), "code_attempts_spent");
  EXPECT_EQ(refusal_of(asks_again(ada, taken->change_id())), "resend_too_early");
  world.clock.advances(61s);
  const auto orders = [&] { return count({"SELECT count(*) FROM jobs"}); };
  const auto before = orders();
  EXPECT_TRUE(asks_again(ada, taken->change_id()));
  EXPECT_EQ(orders(), before + 1) << "a mail that is not sent is ordered too";
  EXPECT_TRUE(asks_again(bob, free->change_id()));
  EXPECT_EQ(orders(), before + 2);
  EXPECT_EQ(mails_to("bob@example.org").size(), 1U);
  EXPECT_EQ(mails_to("nobody@example.org").size(), 2U);
  EXPECT_EQ(email_of(ada).pending().new_email(), "B***@example.org");
}

TEST_P(EmailChanges, AreRefusedAfterTheProofWhereTheAddressWasTakenSince) {
  ada.settles_in();
  const auto asked = asks(ada, "bob@example.org");
  ASSERT_TRUE(asked);
  const auto mail = last_mail_to("bob@example.org");
  ASSERT_TRUE(bob.registers());
  ASSERT_TRUE(bob.verifies(code_in(last_mail_to("bob@example.org"))));
  EXPECT_EQ(refusal_of(proves(ada, asked->change_id(), "no code")), "wrong_code") << "nothing is told before";
  EXPECT_EQ(refusal_of(proves(ada, asked->change_id(), code_in(mail))), "email_taken");
  EXPECT_EQ(refusal_of(opens(token_in(mail))), "email_taken");
  EXPECT_EQ(email_of(ada).email(), "ada@example.org");
}

TEST_P(EmailChanges, LetOneOfTwoAccountsWinARaceForAnAddressB10) {
  ada.settles_in();
  bob.settles_in();
  const Person* people[] = {&ada, &bob};
  std::string ids[2], codes[2];
  for (int i = 0; i < 2; ++i) {
    ids[i] = asks(*people[i], "both@example.org")->change_id();
    codes[i] = code_in(last_mail_to("both@example.org"));
  }
  std::vector<std::string> outcomes(2);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] { outcomes[i] = refusal_of(proves(*people[i], ids[i], codes[i])); });
    }
  }
  EXPECT_THAT(outcomes, UnorderedElementsAre("accepted", "email_taken"));
  EXPECT_EQ(count({"SELECT count(*) FROM users WHERE email_canonical = 'both@example.org'"}), 1);
}

TEST_P(EmailChanges, TakeEffectOnceHoweverManyProveAtOnceB10) {
  ada.settles_in();
  const auto asked = asks(ada, "ada@example.net");
  const auto mail = last_mail_to("ada@example.net");
  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&, i] {
        const bool done =
            i % 2 == 0 ? proves(ada, asked->change_id(), code_in(mail)).has_value() : opens(token_in(mail)).has_value();
        if (done) ++accepted;
      });
    }
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM outbox WHERE type = 'user.email_changed'"}), 1);
}

TEST_P(EmailChanges, OfAnotherPersonAreNotFoundB36) {
  ada.settles_in();
  bob.settles_in();
  const auto asked = asks(ada, "ada@example.net");
  const auto code = code_in(last_mail_to("ada@example.net"));
  world.clock.advances(61s);
  EXPECT_EQ(refusal_of(proves(bob, asked->change_id(), code)), "not_found");
  EXPECT_EQ(refusal_of(asks_again(bob, asked->change_id())), "not_found");
  EXPECT_FALSE(email_of(bob).has_pending());
  ASSERT_TRUE(accounts::cancel_email_change(world.accounts, by(bob), {}));
  EXPECT_TRUE(proves(ada, asked->change_id(), code)) << "cancelled by its owner only";
}

TEST_P(EmailChanges, AreReplacedCancelledAndExpire) {
  ada.settles_in();
  const auto first = asks(ada, "first@example.net");
  const auto second = asks(ada, "second@example.net");
  EXPECT_EQ(refusal_of(proves(ada, first->change_id(), code_in(last_mail_to("first@example.net")))), "not_found");
  EXPECT_EQ(refusal_of(opens(token_in(last_mail_to("first@example.net")))), "link_invalid");
  ASSERT_TRUE(accounts::cancel_email_change(world.accounts, by(ada), {}));
  ASSERT_TRUE(accounts::cancel_email_change(world.accounts, by(ada), {})) << "there is none";
  EXPECT_EQ(refusal_of(proves(ada, second->change_id(), code_in(last_mail_to("second@example.net")))), "not_found");
  EXPECT_FALSE(email_of(ada).has_pending());
  EXPECT_EQ(count({"SELECT count(*) FROM audit_log WHERE action = 'user.cancel_email_change'"}), 1);

  const auto third = asks(ada, "third@example.net");
  world.clock.advances(10min);
  const auto late = last_mail_to("third@example.net");
  EXPECT_EQ(refusal_of(proves(ada, third->change_id(), code_in(late))), "code_expired");
  EXPECT_EQ(refusal_of(opens(token_in(late))), "link_invalid");
  world.clock.advances(-5min);
  EXPECT_EQ(refusal_of(opens(token_in(late))), "link_invalid") << "also when the clock is set back";
}

TEST_P(EmailChanges, EndWithTheSessionThatAskedAndTheAccount) {
  ada.settles_in();
  ASSERT_TRUE(asks(ada, "ada@example.net"));
  ASSERT_TRUE(ada.logs_out());
  EXPECT_EQ(refusal_of(opens(token_in(last_mail_to("ada@example.net")))), "link_invalid");
  ASSERT_TRUE(ada.logs_in());
  EXPECT_FALSE(email_of(ada).has_pending());
  const auto user = by(ada).person().user_id;

  const auto asked = asks(ada, "ada@example.net");
  Person elsewhere(world, "ada@example.org");
  ASSERT_TRUE(elsewhere.logs_in());
  ASSERT_TRUE(ada.logs_out());
  const auto mail = last_mail_to("ada@example.net");
  EXPECT_EQ(refusal_of(proves(elsewhere, asked->change_id(), code_in(mail))), "not_found");

  ASSERT_TRUE(asks(elsewhere, "ada@example.net"));
  ASSERT_TRUE(accounts::disable_account(world.accounts, by_operator(), user));
  EXPECT_EQ(refusal_of(opens(token_in(last_mail_to("ada@example.net")))), "link_invalid");
}

TEST_P(EmailChanges, AreUndoneByTheHolderOfTheOldAddress) {
  ada.settles_in();
  Person thief(world, "ada@example.org");
  ASSERT_TRUE(thief.logs_in());
  const auto token = changes(thief, "ada@example.org", "thief@example.net");
  ASSERT_TRUE(asks(thief, "another@example.net"));
  world.clock.advances(72h - 1us);
  ASSERT_TRUE(thief.refreshes());
  ASSERT_TRUE(asks(thief, "another@example.net"));

  const auto undone = undoes(token);
  ASSERT_TRUE(undone) << refusal_of(undone);
  EXPECT_EQ(undone->email(), "ada@example.org");
  EXPECT_FALSE(thief.is_recognised());
  EXPECT_FALSE(ada.is_recognised());
  EXPECT_EQ(refusal_of(thief.refreshes()), "session_ended");
  EXPECT_EQ(refusal_of(opens(token_in(last_mail_to("another@example.net")))), "link_invalid");
  EXPECT_THAT(last_mail_to("thief@example.net").text,
              AllOf(HasSubstr("earlier email address"), Not(HasSubstr("203.0.113.7"))));
  EXPECT_EQ(refusal_of(Person(world, "thief@example.net").logs_in()), "wrong_credentials");
  EXPECT_EQ(refusal_of(thief.logs_in()), "wrong_credentials") << "the thief knew the password";
  v1::ResetPasswordRequest reset;
  reset.set_token(token_in(last_mail_to("ada@example.org")));
  reset.set_new_password("freckled walnut ladder 57");
  const auto done = accounts::reset_password(world.accounts, stranger.call(), reset);
  ASSERT_TRUE(done) << refusal_of(done);
  EXPECT_TRUE(ada.logs_in("freckled walnut ladder 57"));
  EXPECT_THAT(texts({"SELECT action || ' ' || actor_kind FROM audit_log WHERE action = 'user.undo_email_change' "
                     "LIMIT 10"}),
              ElementsAre("user.undo_email_change person"));
  EXPECT_EQ(refusal_of(undoes(token)), "link_invalid") << "once";
  EXPECT_TRUE(Person(world, "thief@example.net").registers()) << "the address is free";
  EXPECT_THAT(last_mail_to("thief@example.net").text, HasSubstr("/verify-email#token="));
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
}

// Who changed the address had a fresh login, with which factors are added, too.
TEST_P(EmailChanges, AreUndoneTogetherWithFactorsThatWereAddedSinceTheDayBefore) {
  static constexpr Statement<void(UserId, bool, Bytes, Time)> add_factor{
      "INSERT INTO totp_secrets (user_id, confirmed, sealed_secret, label, last_step, created_at) "
      "VALUES ($1, $2, $3, '', 0, $4)"};
  ada.settles_in();
  const auto user = ada.is_recognised()->user_id;
  const Time changed_at = world.clock.now();
  const auto token = changes(ada, "ada@example.org", "thief@example.net");
  ASSERT_TRUE(world.db.transaction([&](Transaction& tx) -> Result<void> {
    tx.execute(add_factor, user, true, Bytes(1), changed_at - 24h - 1us);
    tx.execute(add_factor, user, false, Bytes(1), changed_at - 24h);
    return {};
  }));
  ASSERT_TRUE(undoes(token));
  EXPECT_EQ(count({"SELECT count(*) FROM totp_secrets"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM totp_secrets WHERE confirmed"}), 1) << "the owner's own stays";
}

TEST_P(EmailChanges, MayBeUndoneFor72Hours) {
  ada.settles_in();
  const auto token = changes(ada, "ada@example.org", "ada@example.net");
  world.clock.advances(72h);
  EXPECT_EQ(refusal_of(undoes(token)), "link_invalid");
  world.clock.advances(-1h);
  EXPECT_EQ(refusal_of(undoes(token)), "link_invalid") << "also when the clock is set back";
  EXPECT_EQ(refusal_of(undoes("unknown")), "link_invalid");
}

TEST_P(EmailChanges, InARowKeepTheFirstAddressesRightToUndo) {
  ada.settles_in();
  const auto to_first = changes(ada, "ada@example.org", "second@example.net");
  const auto to_second = changes(ada, "second@example.net", "third@example.net");
  ASSERT_NE(to_first, to_second);
  ASSERT_TRUE(undoes(to_first));
  EXPECT_EQ(emails(), std::vector<std::string>{"ada@example.org"});
  EXPECT_EQ(refusal_of(undoes(to_second)), "link_invalid") << "a later change, which is superseded";
  for (const char* freed : {"second@example.net", "third@example.net"}) {
    EXPECT_TRUE(Person(world, freed).registers());
    EXPECT_THAT(last_mail_to(freed).text, HasSubstr("/verify-email#token=")) << freed;
  }
}

TEST_P(EmailChanges, AreUndoneOneAfterTheOther) {
  ada.settles_in();
  const auto to_first = changes(ada, "ada@example.org", "second@example.net");
  const auto to_second = changes(ada, "second@example.net", "third@example.net");
  ASSERT_TRUE(undoes(to_second));
  EXPECT_EQ(emails(), std::vector<std::string>{"second@example.net"});
  ASSERT_TRUE(undoes(to_first));
  EXPECT_EQ(emails(), std::vector<std::string>{"ada@example.org"});
}

TEST_P(EmailChanges, GoBackWithoutARightForTheAddressBetween) {
  ada.settles_in();
  changes(ada, "ada@example.org", "thief@example.net");
  EXPECT_EQ(changes(ada, "thief@example.net", "ada@example.org"), "no token");
  EXPECT_THAT(last_mail_to("thief@example.net").subject, HasSubstr("was changed"));
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
  EXPECT_TRUE(ada.logs_in());
}

TEST_P(EmailChanges, EndResetsOfTheOldAddress) {
  ada.settles_in();
  v1::ForgotPasswordRequest forgot;
  forgot.set_email("ada@example.org");
  ASSERT_TRUE(accounts::forgot_password(world.accounts, stranger.call(), forgot));
  v1::ResetPasswordRequest reset;
  reset.set_token(token_in(last_mail_to("ada@example.org")));
  reset.set_new_password("freckled walnut ladder 57");
  const auto undo = changes(ada, "ada@example.org", "ada@example.net");
  EXPECT_EQ(refusal_of(accounts::reset_password(world.accounts, stranger.call(), reset)), "link_invalid");
  ASSERT_TRUE(undoes(undo));
  EXPECT_EQ(refusal_of(accounts::reset_password(world.accounts, stranger.call(), reset)), "link_invalid");
}

TEST_P(EmailChanges, HoldTheOldAddressWhileTheyMayBeUndone) {
  ada.settles_in();
  bob.settles_in();
  changes(ada, "ada@example.org", "ada@example.net");
  const auto before = mails_to("ada@example.org").size();
  world.clock.advances(1min);
  Person squatter(world, "ada@example.org", "wicked stranger password 7");
  ASSERT_TRUE(squatter.registers()) << "as for a taken address";
  ASSERT_TRUE(asks(bob, "ada@example.org"));
  const auto told = mails_to("ada@example.org");
  ASSERT_EQ(told.size(), before + 1) << "one notice a day, of whichever kind";
  EXPECT_THAT(told.back().text, AllOf(HasSubstr("already have an account"), Not(HasSubstr("#token="))));
  const auto made = accounts::create_by_operator(
      world.accounts, by_operator(),
      {.email = "ada@example.org", .username = std::nullopt, .password = Secret("wicked stranger password 7")});
  EXPECT_EQ(refusal_of(made), "email_taken");
  world.accounts.policy.verify_email = false;
  EXPECT_EQ(refusal_of(squatter.registers()), "email_taken");
  world.accounts.policy.verify_email = true;
  EXPECT_EQ(changes(ada, "ada@example.net", "ada@example.org"), "no token") << "free for the account itself";

  changes(ada, "ada@example.org", "ada@example.net");
  world.clock.advances(72h);
  ASSERT_TRUE(squatter.registers());
  ASSERT_TRUE(squatter.verifies(code_in(last_mail_to("ada@example.org"))));
  delivery::clean_up(world.db, {}, world.clock.now() + 1us, [] { return false; });
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
}

TEST_P(EmailChanges, GiveARightThatHasExpiredToTheNextAccount) {
  ada.settles_in();
  const auto of_ada = changes(ada, "ada@example.org", "ada@example.net");
  world.clock.advances(72h);
  Person next(world, "ada@example.org", "wicked stranger password 7");
  ASSERT_TRUE(next.registers());
  ASSERT_TRUE(next.verifies(code_in(last_mail_to("ada@example.org"))));
  const auto of_next = changes(next, "ada@example.org", "next@example.net");
  EXPECT_EQ(refusal_of(undoes(of_ada)), "link_invalid");
  EXPECT_EQ(undoes(of_next)->email(), "ada@example.org");
  EXPECT_EQ(refusal_of(ada.logs_in()), "wrong_credentials") << "it is the other account's now";
}

TEST_P(EmailChanges, ProveAnAddressThatWasNotVerified) {
  world.accounts.policy.verify_email = false;
  auto registered = ada.registers();
  ASSERT_TRUE(registered);
  ada.access_token = registered->access_token();
  EXPECT_FALSE(email_of(ada).email_verified());
  changes(ada, "ada@example.org", "ada@example.org");
  EXPECT_TRUE(email_of(ada).email_verified());
  EXPECT_THAT(last_mail_to("ada@example.org").subject, HasSubstr("is your code")) << "nothing was replaced";
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
}

TEST_P(EmailChanges, GiveAnAddressThatWasNeverVerifiedNoRight) {
  world.accounts.policy.verify_email = false;
  auto registered = ada.registers();
  ASSERT_TRUE(registered);
  ada.access_token = registered->access_token();
  changes(ada, "ada@example.org", "ada@example.net");
  EXPECT_THAT(mails_to("ada@example.org"), IsEmpty());
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
  EXPECT_TRUE(email_of(ada).email_verified());
  EXPECT_TRUE(ada.registers()) << "the old address is free";
}

TEST_P(EmailChanges, GiveAnAccountItsFirstAddress) {
  const auto user = *world.db.transaction([&](Transaction& tx) -> Result<UserId> {
    return accounts::create_account(tx, world.accounts, stranger.call(),
                                    {.id = world.ids.make<UserId>(), .locale = "en"}, std::nullopt, world.clock.now())
        .id;
  });
  ada.access_token = world.db
                         .transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
                           return sessions::complete_sign_in(tx, world.sessions, stranger.call(),
                                                             tx.one(sessions::statements::find_user, user), {"hwk"},
                                                             world.clock.now());
                         })
                         ->access_token();
  EXPECT_FALSE(email_of(ada).has_email());
  changes(ada, "nothing", "ada@example.org");
  EXPECT_EQ(email_of(ada).email(), "ada@example.org");
}

TEST_P(EmailChanges, MakeDecoysOfRegistrationsOfTheNewAddress) {
  ada.settles_in();
  Person newcomer(world, "ada@example.net", "wicked stranger password 7");
  ASSERT_TRUE(newcomer.registers());
  const auto mail = last_mail_to("ada@example.net");
  changes(ada, "ada@example.org", "ada@example.net");
  EXPECT_EQ(refusal_of(newcomer.verifies("no code")), "wrong_code") << "it lives on";
  EXPECT_EQ(refusal_of(newcomer.verifies(code_in(mail))), "already_verified");
  EXPECT_EQ(refusal_of(newcomer.opens_link(token_in(mail))), "link_invalid");
  EXPECT_EQ(refusal_of(newcomer.logs_in()), "email_not_verified") << "as for any registration";
}

TEST_P(EmailChanges, AreForgottenWithTheAccount) {
  ada.settles_in();
  const auto token = changes(ada, "ada@example.org", "ada@example.net");
  ASSERT_TRUE(asks(ada, "third@example.net"));
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), by(ada).person().user_id));
  EXPECT_EQ(count({"SELECT count(*) FROM email_undos"}), 0);
  EXPECT_EQ(count({"SELECT count(*) FROM email_changes"}), 0);
  EXPECT_EQ(count({"SELECT count(*) FROM challenges"}), 0);
  EXPECT_EQ(refusal_of(undoes(token)), "link_invalid");
  ASSERT_TRUE(ada.registers());
  EXPECT_TRUE(ada.verifies(code_in(last_mail_to("ada@example.org")))) << "the old address is free";
}

TEST_P(EmailChanges, CostGuessesOfTheNewAddressForADay) {
  ada.settles_in();
  std::string last;
  for (int i = 0; i < 10; ++i) {
    const auto asked = asks(ada, "ada@example.net");
    last = asked->change_id();
    EXPECT_EQ(refusal_of(proves(ada, last, "no code")), "wrong_code");
  }
  const auto mail = last_mail_to("ada@example.net");
  EXPECT_EQ(refusal_of(proves(ada, last, code_in(mail))), "code_budget_spent");
  EXPECT_TRUE(opens(token_in(mail))) << "the link works";
}

}  // namespace
}  // namespace ostiary::testing
