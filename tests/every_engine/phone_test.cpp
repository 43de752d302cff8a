// How phone numbers are proven, changed and removed, and what keeps texts few, on every engine (R4.7).
#include <gmock/gmock.h>

#include <thread>

#include "accounts/change_status.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/phone.hpp"
#include "accounts/profile.hpp"
#include "audit/audit_entry.hpp"
#include "delivery/clean_up.hpp"
#include "factors/sms.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string number = "+436641234567", typed_number = "+43 664 123-4567", other_number = "+4915112345678";

class Phones : public OnEveryEngine {
 protected:
  /// Somebody who is signed in.
  Person settled(const std::string& email) {
    world.delivered();  // what others were sent
    Person person(world, email);
    person.settles_in();
    return person;
  }

  /// A call of somebody who signs in again where the access token has expired.
  Call call_of(Person& person) {
    if (!person.is_recognised()) {
      EXPECT_TRUE(person.logs_in());
    }
    return person.call(*person.is_recognised());
  }

  Result<v1::ChangePhoneReply> asks(Person& person, const std::string& wanted) {
    v1::ChangePhoneRequest request;
    request.set_phone_number(wanted);
    return accounts::change_phone(world.accounts, call_of(person), request);
  }

  Result<v1::ChangePhoneReply> asks_again(Person& person, const std::string& verification_id) {
    v1::ResendPhoneCodeRequest request;
    request.set_verification_id(verification_id);
    return accounts::resend_phone_code(world.accounts, call_of(person), request);
  }

  Result<v1::AccountPhone> types(Person& person, const std::string& verification_id, const std::string& code) {
    v1::VerifyPhoneRequest request;
    request.set_verification_id(verification_id);
    request.set_code(code);
    return accounts::verify_phone(world.accounts, call_of(person), request);
  }

  Result<v1::RemovePhoneReply> removes(Person& person) {
    return factors::remove_phone(world.factors, call_of(person), {});
  }

  v1::AccountPhone phone_of(Person& person) { return *accounts::get_phone(world.accounts, call_of(person), {}); }

  /// The code in the only text that was delivered since the last look.
  std::string texted_code() {
    mails = world.delivered();
    if (world.gateway.texts.size() != 1) return "not one text";
    return world.gateway.texts.front().text.substr(0, 6);
  }

  void proves(Person& person, const std::string& wanted) {
    const auto asked = asks(person, wanted);
    ASSERT_TRUE(asked) << refusal_of(asked);
    const auto proven = types(person, asked->verification_id(), texted_code());
    ASSERT_TRUE(proven) << refusal_of(proven);
  }

  std::vector<std::string> audited(Person& person) {
    const auto user = person.is_recognised()->user_id;
    return *world.db.read([&](Transaction& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> entries;
      for (const auto& entry : audit::newest_entries_of(tx, world.data_keys, user, 100)) {
        entries.push_back(entry.action + ' ' + entry.outcome + ' ' + entry.details);
      }
      return entries;
    });
  }

  static std::string other_than(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

  World world{*database};
  std::vector<Mail> mails;
};
ON_EVERY_ENGINE(Phones);

TEST_P(Phones, AreProvenByATextedCodeR47) {
  auto ada = settled("ada@example.org");
  EXPECT_FALSE(phone_of(ada).phone_verified());
  const auto asked = asks(ada, typed_number);
  ASSERT_TRUE(asked) << refusal_of(asked);
  EXPECT_FALSE(phone_of(ada).has_phone_number()) << "nothing changes before the proof";
  EXPECT_EQ(phone_of(ada).pending().verification_id(), asked->verification_id());
  EXPECT_EQ(phone_of(ada).pending().phone_number(), number);
  const auto code = texted_code();
  EXPECT_EQ(world.gateway.texts.front().to, number);
  EXPECT_THAT(mails, IsEmpty());

  const auto proven = types(ada, asked->verification_id(), code.substr(0, 3) + " " + code.substr(3));
  ASSERT_TRUE(proven) << refusal_of(proven);
  EXPECT_EQ(proven->phone_number(), number);
  EXPECT_TRUE(proven->phone_verified());
  EXPECT_FALSE(proven->has_pending());
  const auto profile = accounts::get_profile(world.accounts, call_of(ada), {});
  EXPECT_EQ(profile->phone_number(), number) << "R4.1";
  EXPECT_TRUE(profile->phone_verified()) << "R4.1";

  const auto notices = world.delivered();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices.front().text, HasSubstr("+43 ... 67"));
  EXPECT_THAT(notices.front().text, Not(HasSubstr("664")));
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), code)), "verification_unknown") << "it works once";
}

TEST_P(Phones, ACodeWorksOnceOfSixteenAtOnceB10) {
  auto ada = settled("ada@example.org");
  const auto asked = asks(ada, number);
  const auto code = texted_code();
  const Call call = call_of(ada);
  v1::VerifyPhoneRequest request;
  request.set_verification_id(asked->verification_id());
  request.set_code(code);
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      if (accounts::verify_phone(world.accounts, call, request)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(world.delivered().size(), 1U) << "one notice";
}

TEST_P(Phones, KeepTheOldNumberUntilTheNewOneIsProven) {
  auto ada = settled("ada@example.org");
  proves(ada, number);
  const auto asked = asks(ada, other_number);
  const auto code = texted_code();
  EXPECT_EQ(phone_of(ada).phone_number(), number);
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), other_than(code))), "wrong_code");
  EXPECT_EQ(phone_of(ada).phone_number(), number);
  ASSERT_TRUE(types(ada, asked->verification_id(), code));
  EXPECT_EQ(phone_of(ada).phone_number(), other_number);
  EXPECT_EQ(world.delivered().size(), 1U);
}

TEST_P(Phones, ProvenOnceMoreAreNoChange) {
  auto ada = settled("ada@example.org");
  proves(ada, number);
  EXPECT_EQ(world.delivered().size(), 1U);
  world.clock.advances(61s);
  proves(ada, number);
  EXPECT_THAT(world.delivered(), IsEmpty());
}

TEST_P(Phones, ANewRequestReplacesTheOneBefore) {
  auto ada = settled("ada@example.org");
  const auto first = asks(ada, number);
  const auto first_code = texted_code();
  const auto second = asks(ada, other_number);
  ASSERT_TRUE(second) << "a number that was mistyped is corrected at once: " << refusal_of(second);
  EXPECT_EQ(refusal_of(types(ada, first->verification_id(), first_code)), "verification_unknown");
  ASSERT_TRUE(types(ada, second->verification_id(), texted_code()));
  EXPECT_EQ(phone_of(ada).phone_number(), other_number);
}

TEST_P(Phones, AResendWaitsAndReplacesTheCode) {
  auto ada = settled("ada@example.org");
  const auto asked = asks(ada, number);
  const auto old_code = texted_code();
  world.clock.advances(20s);
  EXPECT_EQ(asks_again(ada, asked->verification_id()).error().retry_after, 40s);
  EXPECT_EQ(refusal_of(asks(ada, number)), "resend_too_early") << "nor by asking for the same number";
  world.clock.advances(40s);
  ASSERT_TRUE(asks_again(ada, asked->verification_id()));
  const auto code = texted_code();
  if (code != old_code) {
    EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), old_code)), "wrong_code");
  }
  EXPECT_TRUE(types(ada, asked->verification_id(), code));
}

TEST_P(Phones, CodesExpireAndChangesToo) {
  auto ada = settled("ada@example.org");
  const auto asked = asks(ada, number);
  const auto code = texted_code();
  world.clock.advances(10min);
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), code)), "code_expired");
  world.clock.advances(-1min);
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), code)), "code_expired") << "also if the clock is set back";
  world.clock.advances(24h);
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), code)), "verification_unknown");
  EXPECT_EQ(refusal_of(asks_again(ada, asked->verification_id())), "verification_unknown");
  EXPECT_FALSE(phone_of(ada).has_pending());
  EXPECT_TRUE(asks(ada, number));
}

TEST_P(Phones, WrongCodesAreCountedPerCodeAndForTheAccountB10) {
  auto ada = settled("ada@example.org"), eve = settled("eve@example.org");
  world.accounts.texts.per_number = world.accounts.texts.per_account = 100;
  std::string id, code;
  for (int guess = 0; guess < 10; ++guess) {
    if (guess % 3 == 0) {
      world.clock.advances(61s);
      const auto asked = asks(eve, guess < 6 ? number : other_number);
      ASSERT_TRUE(asked) << refusal_of(asked);
      id = asked->verification_id();
      code = texted_code();
    }
    EXPECT_EQ(refusal_of(types(eve, id, other_than(code))), "wrong_code") << guess;
    if (guess % 3 == 2) {
      EXPECT_EQ(refusal_of(types(eve, id, code)), "code_attempts_spent");
    }
  }
  const auto refused = types(eve, id, code);
  EXPECT_EQ(refusal_of(refused), "code_budget_spent");
  EXPECT_GT(refused.error().retry_after, 23h);
  EXPECT_THAT(refused.error().detail, Not(HasSubstr("link"))) << "a text has none";
  // D7: whose number it is, spends guesses of their own.
  proves(ada, number);
}

TEST_P(Phones, NumbersThatAreNoneOrNotAdmittedAreRefused) {
  auto ada = settled("ada@example.org");
  for (const char* wrong : {"6641234567", "+999123456789", "+43", "+88312345678"}) {
    const auto refused = asks(ada, wrong);
    EXPECT_EQ(refusal_of(refused), "invalid_field") << wrong;
    EXPECT_EQ(refused.error().field, "phone_number");
  }
  world.accounts.texts.countries = {"43", "1212"};
  EXPECT_EQ(refusal_of(asks(ada, other_number)), "invalid_field");
  EXPECT_EQ(refusal_of(asks(ada, "+12135550123")), "invalid_field");
  EXPECT_TRUE(asks(ada, "+12125550123"));
  world.accounts.texts.enabled = false;
  EXPECT_EQ(refusal_of(asks(ada, number)), "not_found");
}

TEST_P(Phones, AreTheirOwnersAlone) {
  auto ada = settled("ada@example.org"), eve = settled("eve@example.org");
  const auto asked = asks(ada, number);
  const auto code = texted_code();
  EXPECT_EQ(refusal_of(types(eve, asked->verification_id(), code)), "verification_unknown");
  EXPECT_EQ(refusal_of(asks_again(eve, asked->verification_id())), "verification_unknown");
  ASSERT_TRUE(types(ada, asked->verification_id(), code));
  proves(eve, typed_number);
  EXPECT_EQ(phone_of(ada).phone_number(), number) << "several accounts may have the same number";
  EXPECT_EQ(phone_of(eve).phone_number(), number);
}

TEST_P(Phones, AreRemovedWithTheChangeThatWaits) {
  auto ada = settled("ada@example.org");
  ASSERT_TRUE(removes(ada)) << "there is nothing, and that is what was asked for";
  EXPECT_THAT(world.delivered(), IsEmpty());
  proves(ada, number);
  world.delivered();
  const auto asked = asks(ada, other_number);
  const auto code = texted_code();
  ASSERT_TRUE(removes(ada));
  const auto notices = world.delivered();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices.front().subject, HasSubstr("removed"));
  EXPECT_FALSE(phone_of(ada).has_phone_number());
  EXPECT_FALSE(phone_of(ada).has_pending());
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), code)), "verification_unknown");
}

TEST_P(Phones, TextsAreCappedPerNumberOverAllAccounts) {
  auto ada = settled("ada@example.org"), eve = settled("eve@example.org");
  world.accounts.texts.per_number = 3;
  for (int i = 0; i < 2; ++i) {
    world.clock.advances(1h);
    ASSERT_TRUE(asks(ada, number));
  }
  ASSERT_TRUE(asks(eve, number));
  const auto refused = asks(eve, other_number);
  ASSERT_TRUE(refused) << "another number";
  const auto capped = asks(eve, number);
  EXPECT_EQ(refusal_of(capped), "rate_limited");
  EXPECT_EQ(capped.error().retry_after, 23h);
  EXPECT_EQ(phone_of(eve).pending().phone_number(), other_number) << "what is refused replaces nothing";
  EXPECT_THAT(world.log.lines(), Contains("sms.capped cap=sms_per_number country_code=43"));
  world.clock.advances(23h);
  EXPECT_TRUE(asks(eve, number)) << "the oldest text counts no more";
}

TEST_P(Phones, TextsAreCappedPerAccountPrefixAndInAll) {
  auto ada = settled("ada@example.org"), eve = settled("eve@example.org");
  auto& texts = world.accounts.texts;
  const auto numbered = [](int i) { return "+436641230" + std::to_string(100 + i); };
  texts.per_account = 3;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(asks(ada, numbered(i)));
  EXPECT_EQ(refusal_of(asks(ada, other_number)), "rate_limited");
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("sms.capped cap=sms_per_account")));
  texts.per_account = 100;
  texts.per_prefix = 3;
  EXPECT_EQ(refusal_of(asks(eve, numbered(9))), "rate_limited");
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("sms.capped cap=sms_per_prefix")));
  EXPECT_TRUE(asks(eve, other_number)) << "another prefix";
  texts.per_day = 4;
  EXPECT_EQ(refusal_of(asks(eve, "+12125550123")), "rate_limited");
  EXPECT_THAT(world.log.lines(), Contains(HasSubstr("sms.capped cap=sms_per_day")));
}

TEST_P(Phones, CapsHoldForSixteenAtOnce) {
  std::vector<Person> people;
  for (int i = 0; i < 4; ++i) people.push_back(settled("p" + std::to_string(i) + "@example.org"));
  world.accounts.texts.per_number = 3;
  std::atomic<int> accepted = 0, capped = 0;
  std::vector<std::thread> threads;
  for (auto& person : people) {
    const Call call = call_of(person);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, call] {
        v1::ChangePhoneRequest request;
        request.set_phone_number(number);
        const auto reply = accounts::change_phone(world.accounts, call, request);
        if (reply) ++accepted;
        else if (reply.error().why == Refusal::rate_limited) ++capped;
      });
    }
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 3);
  EXPECT_GE(capped, 1);
  world.delivered();
  EXPECT_EQ(world.gateway.texts.size(), 3U);
}

TEST_P(Phones, WhatCapsCountIsForgottenAfterADay) {
  auto ada = settled("ada@example.org");
  ASSERT_TRUE(asks(ada, number));
  struct CountRow {
    std::int64_t count;
  };
  static constexpr Statement<CountRow()> count_texts{"SELECT count(*) FROM texts"};
  const auto count = [&] {
    return *world.db.read([](Transaction& tx) -> Result<std::int64_t> { return tx.one(count_texts).count; });
  };
  delivery::clean_up(world.db, {}, world.clock.now() + 24h);
  EXPECT_EQ(count(), 1);
  delivery::clean_up(world.db, {}, world.clock.now() + 24h + 1us);
  EXPECT_EQ(count(), 0);
}

TEST_P(Phones, GoWithTheirAccount) {
  auto ada = settled("ada@example.org"), eve = settled("eve@example.org");
  proves(ada, number);
  ASSERT_TRUE(asks(ada, other_number));
  const Call call = call_of(ada);
  const auto user = call.person().user_id;
  ASSERT_TRUE(accounts::delete_account(world.accounts, eve.call(Operator{}), user));
  struct CountRow {
    std::int64_t count;
  };
  static constexpr Statement<CountRow()> count_rows{
      "SELECT (SELECT count(*) FROM phone_numbers) + (SELECT count(*) FROM phone_changes) + "
      "(SELECT count(*) FROM texts) + (SELECT count(*) FROM challenges WHERE purpose = 'verify_phone') AS count"};
  EXPECT_EQ(*world.db.read([](Transaction& tx) -> Result<std::int64_t> { return tx.one(count_rows).count; }), 0);
  v1::ChangePhoneRequest request;
  request.set_phone_number(number);
  EXPECT_EQ(refusal_of(accounts::change_phone(world.accounts, call, request)), "session_ended");
  EXPECT_EQ(refusal_of(accounts::get_phone(world.accounts, call, {})), "session_ended");
  EXPECT_EQ(refusal_of(factors::remove_phone(world.factors, call, {})), "session_ended");
}

TEST_P(Phones, AreInNoLogEventOrColumnInTheClearD12) {
  auto ada = settled("ada@example.org");
  world.accounts.texts.per_number = 2;
  proves(ada, number);
  world.clock.advances(61s);
  const auto asked = asks(ada, typed_number);
  ASSERT_TRUE(asked);
  EXPECT_EQ(refusal_of(types(ada, asked->verification_id(), other_than(texted_code()))), "wrong_code");
  world.clock.advances(61s);
  EXPECT_EQ(refusal_of(asks(ada, number)), "rate_limited");
  ASSERT_TRUE(removes(ada));
  world.delivered();
  const auto is_clean = Not(HasSubstr("6641234567"));
  EXPECT_THAT(world.log.lines(), Each(is_clean));
  EXPECT_THAT(audited(ada), Each(is_clean));
  struct TextRow {
    std::string text;
  };
  static constexpr Statement<TextRow()> events{"SELECT payload FROM outbox"};
  static constexpr Statement<TextRow()> subjects{"SELECT subject FROM challenges"};
  const auto texts = *world.db.read([](Transaction& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> all;
    for (const auto& row : tx.all(events)) all.push_back(row.text);
    for (const auto& row : tx.all(subjects)) all.push_back(row.text);
    return all;
  });
  EXPECT_THAT(texts, Each(is_clean));
}

/// Texted codes as a second factor, where MFA_SMS is on.
class LoginTexts : public Phones {
 protected:
  /// Somebody with a proven number, after it was switched on.
  Person with_number(const std::string& email) {
    auto person = settled(email);
    proves(person, number);
    world.delivered();
    world.sessions.second_step.sms = true;
    world.accounts.texts.per_number = 100;
    world.clock.advances(61s);
    return person;
  }

  /// Gives the right password; returns the mfa_token.
  std::string begins_login(Person& person) {
    const auto reply = person.logs_in();
    if (!reply || !reply->mfa_required()) return "not asked for a second factor";
    return reply->mfa_token();
  }

  Result<v1::SendLoginTextReply> asks_for_text(const Person& person, const std::string& mfa_token) {
    v1::SendLoginTextRequest request;
    request.set_mfa_token(mfa_token);
    return factors::send_login_text(world.factors, person.call(), request);
  }

  Result<v1::TokenReply> completes(const Person& person, const std::string& mfa_token, const std::string& code) {
    v1::VerifyLoginTextRequest request;
    request.set_mfa_token(mfa_token);
    request.set_code(code);
    return factors::verify_login_text(world.factors, person.call(), request);
  }
};
ON_EVERY_ENGINE(LoginTexts);

TEST_P(LoginTexts, AreNoFactorUnlessSwitchedOn) {
  auto ada = settled("ada@example.org");
  proves(ada, number);
  const auto reply = ada.logs_in();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->mfa_required());
}

TEST_P(LoginTexts, CompleteALoginOnce) {
  auto ada = with_number("ada@example.org");
  const auto reply = ada.logs_in();
  ASSERT_TRUE(reply);
  ASSERT_TRUE(reply->mfa_required());
  EXPECT_THAT(reply->methods(), ::testing::ElementsAre("sms"));
  EXPECT_FALSE(reply->has_access_token());
  const auto token = reply->mfa_token();
  EXPECT_EQ(refusal_of(completes(ada, token, "000000")), "code_expired") << "none was sent";
  const auto sent = asks_for_text(ada, token);
  ASSERT_TRUE(sent) << refusal_of(sent);
  EXPECT_EQ(sent->phone_hint(), "+43 ... 67");
  EXPECT_EQ(refusal_of(asks_for_text(ada, token)), "resend_too_early");
  const auto code = texted_code();
  EXPECT_THAT(world.gateway.texts.front().text, HasSubstr("to sign in"));
  const auto completed = completes(ada, token, code);
  ASSERT_TRUE(completed) << refusal_of(completed);
  const auto caller = sessions::authenticate(world.sessions, Secret(completed->access_token()), world.clock.now());
  EXPECT_THAT(caller->amr, ::testing::ElementsAre("pwd", "sms", "mfa"));
  EXPECT_EQ(refusal_of(completes(ada, token, code)), "mfa_token_invalid");
}

TEST_P(LoginTexts, OfSixteenAtOnceCompleteOneLogin) {
  auto ada = with_number("ada@example.org");
  const auto token = begins_login(ada);
  ASSERT_TRUE(asks_for_text(ada, token));
  const auto code = texted_code();
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      if (completes(ada, token, code)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_P(LoginTexts, AreBoundToTheirLoginAndDevice) {
  auto ada = with_number("ada@example.org");
  const auto first = begins_login(ada);
  ASSERT_TRUE(asks_for_text(ada, first));
  const auto code = texted_code();
  const auto second = begins_login(ada);
  EXPECT_EQ(refusal_of(completes(ada, second, code)), "code_expired") << "the other login's";
  const Person elsewhere(world, "ada@example.org");
  EXPECT_EQ(refusal_of(asks_for_text(elsewhere, first)), "mfa_token_invalid");
  EXPECT_EQ(refusal_of(completes(elsewhere, first, code)), "mfa_token_invalid");
  EXPECT_EQ(refusal_of(completes(ada, "made up", code)), "mfa_token_invalid");
  EXPECT_TRUE(completes(ada, first, code));
}

TEST_P(LoginTexts, WrongOnesAreCounted) {
  auto ada = with_number("ada@example.org");
  const auto token = begins_login(ada);
  ASSERT_TRUE(asks_for_text(ada, token));
  const auto code = texted_code();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(refusal_of(completes(ada, token, other_than(code))), "wrong_code");
  EXPECT_EQ(refusal_of(completes(ada, token, code)), "code_attempts_spent");
}

TEST_P(LoginTexts, DoNotOutliveTheNumberTheAccountOrTheLogin) {
  auto ada = with_number("ada@example.org");
  auto session = ada;  // signed in still
  const auto token = begins_login(ada);
  ASSERT_TRUE(asks_for_text(ada, token));
  const auto code = texted_code();
  proves(session, other_number);
  EXPECT_EQ(refusal_of(completes(ada, token, code)), "code_expired") << "it went to the old number";
  ASSERT_TRUE(removes(session));
  EXPECT_EQ(refusal_of(completes(ada, token, code)), "factor_missing");
  EXPECT_EQ(refusal_of(asks_for_text(ada, token)), "factor_missing");

  auto eve = with_number("eve@example.org");
  const auto user = eve.is_recognised()->user_id;
  const auto late = begins_login(eve);
  ASSERT_TRUE(asks_for_text(eve, late));
  const auto late_code = texted_code();
  world.clock.advances(5min);
  EXPECT_EQ(refusal_of(completes(eve, late, late_code)), "mfa_token_invalid");
  const auto third = begins_login(eve);
  ASSERT_TRUE(asks_for_text(eve, third));
  const auto third_code = texted_code();
  ASSERT_TRUE(accounts::disable_account(world.accounts, eve.call(Operator{}), user));
  EXPECT_EQ(refusal_of(completes(eve, third, third_code)), "mfa_token_invalid");
}

TEST_P(LoginTexts, AreNotTheLastFactorToGoWhereOneIsRequired) {
  auto ada = with_number("ada@example.org");
  world.sessions.second_step.required = sessions::MfaRequired::all;
  EXPECT_EQ(refusal_of(removes(ada)), "enrolment_required");
  EXPECT_TRUE(phone_of(ada).has_phone_number());
  world.sessions.second_step.required = sessions::MfaRequired::off;
  EXPECT_TRUE(removes(ada));
}

TEST_P(LoginTexts, CountForTheCaps) {
  auto ada = with_number("ada@example.org");
  world.accounts.texts.per_account = 2;
  ASSERT_TRUE(asks_for_text(ada, begins_login(ada)));
  EXPECT_EQ(refusal_of(asks_for_text(ada, begins_login(ada))), "rate_limited");
}

}  // namespace
}  // namespace ostiary::testing
