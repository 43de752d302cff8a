// The budgets that the use cases count, on every engine: what the dispatcher can't know.
#include <gtest/gtest.h>

#include "rows.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;

class Budgets : public OnEveryEngine {
 protected:
  std::string resends(const Person& person) {
    v1::ResendEmailCodeRequest request;
    request.set_verification_id(person.verification_id);
    return refusal_of(accounts::resend_email_code(world.accounts, person.call(), request));
  }

  /// As the dispatcher takes from the address before a call; whether there was something left.
  bool address_pays(RateClass rate) {
    return !world.limits.take(world.limits.of_address(rate, ada.call().address), world.clock.now());
  }

  /// How often the address can still pay.
  int left_to_the_address(RateClass rate) {
    int left = 0;
    while (address_pays(rate)) ++left;
    for (int i = 0; i < left; ++i) world.limits.give_back(world.limits.of_address(rate, ada.call().address));
    return left;
  }

  std::int64_t second_answers() {
    static constexpr Statement<Number()> counted{"SELECT count(*) FROM audit_log WHERE action = 'session.refresh'"};
    return world.db.read([](Transaction& tx) -> Result<Number> { return tx.one(counted); })->value;
  }

  World world{*database, true};
  Person ada{world, "Ada@Example.org"};
};
ON_EVERY_ENGINE(Budgets);

// D8: the budget tells nobody when an account is made.
TEST_P(Budgets, CountMailsToAnAddressWhetherOrNotItHasAnAccount) {
  ada.settles_in();
  Person stranger(world, "ADA@example.org", "wicked stranger password 7");
  for (int i = 1; i < 5; ++i) EXPECT_EQ(refusal_of(stranger.registers()), "accepted") << i;
  const auto refused = stranger.registers();
  EXPECT_EQ(refusal_of(refused), "rate_limited") << "5 at once, before and after";
  EXPECT_TRUE(refused.error().retry_after);
}

TEST_P(Budgets, CountMailsForTheAddressThatAsks) {
  for (int i = 0; i < 20; ++i) {
    Person person(world, "person" + std::to_string(i) + "@example.org");
    ASSERT_EQ(refusal_of(person.registers()), "accepted") << i;
  }
  EXPECT_EQ(refusal_of(ada.registers()), "rate_limited");
  world.clock.advances(60s);
  EXPECT_EQ(refusal_of(ada.registers()), "accepted") << "one a minute";
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 0);
}

TEST_P(Budgets, CountNoMailThatIsNotSent) {
  ASSERT_TRUE(ada.registers());
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 19);
  for (int i = 0; i < 30; ++i) ASSERT_EQ(resends(ada), "resend_too_early") << i;
  Person nobody(world, "nobody@example.org");
  nobody.verification_id = "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55";
  for (int i = 0; i < 30; ++i) ASSERT_EQ(resends(nobody), "verification_unknown") << i;
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 19);
  world.clock.advances(60s);
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 20);
  EXPECT_EQ(resends(ada), "accepted");
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 19);
}

TEST_P(Budgets, CountNoRegistrationThatIsRefused) {
  ASSERT_TRUE(ada.registers("ada"));
  Person eda(world, "eda@example.org");
  for (int i = 0; i < 30; ++i) ASSERT_EQ(refusal_of(eda.registers("ada")), "username_taken") << i;
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), 19);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refusal_of(eda.registers("eda")), "accepted") << "the mailbox, too: " << i;
  EXPECT_EQ(refusal_of(eda.registers("eda")), "rate_limited");
  ASSERT_EQ(left_to_the_address(RateClass::MAIL), 14);
  EXPECT_EQ(resends(ada), "resend_too_early");
  world.clock.advances(61s);
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  const int before = left_to_the_address(RateClass::MAIL);
  EXPECT_EQ(resends(ada), "already_verified");
  EXPECT_EQ(left_to_the_address(RateClass::MAIL), before);
}

// Nobody may delete from the audit log, and a token in its grace can be used twice a second.
TEST_P(Budgets, BoundTheAuditRowsOfSecondAnswers) {
  ada.settles_in();
  const auto first = ada.refresh_token;
  ASSERT_TRUE(ada.refreshes_with(first));
  const auto device = std::exchange(ada.device_token, "");
  const auto lines = world.log.lines().size();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(ada.refreshes_with(first)) << i;
  EXPECT_EQ(world.log.lines().size(), lines + 40) << "each is logged";
  EXPECT_EQ(second_answers(), 30) << "as many as the class AUDITED has at once for an account";
  world.clock.advances(61s);
  ada.device_token = device;
  ASSERT_TRUE(ada.refreshes_with(first)) << "late";
  EXPECT_EQ(second_answers(), 31) << "one a minute";
}

TEST_P(Budgets, GiveTheAddressBackALogoutThatEndsASession) {
  ada.settles_in();
  const int before = left_to_the_address(RateClass::WRITE);
  ASSERT_TRUE(address_pays(RateClass::WRITE));
  ASSERT_TRUE(ada.logs_out());
  EXPECT_EQ(left_to_the_address(RateClass::WRITE), before);

  ASSERT_TRUE(address_pays(RateClass::WRITE));
  ASSERT_TRUE(ada.logs_out()) << "once more";
  EXPECT_EQ(left_to_the_address(RateClass::WRITE), before - 1);
  ada.refresh_token = "unknown";
  ASSERT_TRUE(address_pays(RateClass::WRITE));
  ASSERT_TRUE(ada.logs_out());
  EXPECT_EQ(left_to_the_address(RateClass::WRITE), before - 2);
}

}  // namespace
}  // namespace ostiary::testing
